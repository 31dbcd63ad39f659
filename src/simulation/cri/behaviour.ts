// SPDX-License-Identifier: Apache-2.0

/**
 * What annotations of a pod say of how its simulated containers behave. `knarr.dev/NAME` holds for all of them,
 * `knarr.dev/CONTAINER.NAME` for one. Durations are Go's ("500ms", "1m30s") or plain seconds ("10").
 */
const PREFIX = "knarr.dev/";

type Annotations = Readonly<Record<string, string>> | undefined;

export interface Behaviour {
  /** `start-after`: how long starting takes. */
  readonly startAfterMs: number;
  /** `ready-after`: readiness probes fail for so long after the start; `never-ready: "true"` is forever. */
  readonly readyAfterMs: number;
  /** `started-after`: the same for startup probes. */
  readonly startedAfterMs: number;
  /** `live-for`: liveness probes fail after so long. */
  readonly liveForMs: number;
  /** `run-for`: the container ends by itself after so long. */
  readonly runForMs: number | undefined;
  /** `exit-code` of a container that ends by itself. */
  readonly exitCode: number;
  /** `oom-after`: it is killed for its memory after so long. */
  readonly oomAfterMs: number | undefined;
  /** `crash`: the first so many runs end at once with code 1. */
  readonly crashes: number;
  /** `stop-after`: how long it takes to stop when asked to. */
  readonly stopAfterMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** "1m30s" or "90" in milliseconds; undefined when it is neither. */
export function durationMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(amount) * UNITS_MS[unit!]!;
  return ms;
}

function lookUp(annotations: Annotations, container: string, name: string): string | undefined {
  return annotations?.[`${PREFIX}${container}.${name}`] ?? annotations?.[PREFIX + name];
}

/** How long pulling a pod's images takes; "fail" when they cannot be had (`image-pull`). */
export function imagePull(annotations: Annotations): number | "fail" {
  const text = annotations?.[`${PREFIX}image-pull`];
  if (text === "fail") return "fail";
  return text === undefined ? 0 : (durationMs(text) ?? 0);
}

/** Whether a pod's sandbox cannot be made (`sandbox: fail`). */
export const sandboxFails = (annotations: Annotations): boolean => annotations?.[`${PREFIX}sandbox`] === "fail";

/** Whether anything is said at all: most pods say nothing, and then there is nothing to look up. */
function saysNothing(annotations: Annotations): boolean {
  for (const key in annotations) if (key.startsWith(PREFIX)) return false;
  return true;
}

const RUNS_ON: Behaviour = {
  startAfterMs: 0,
  readyAfterMs: 0,
  startedAfterMs: 0,
  liveForMs: NEVER,
  runForMs: undefined,
  exitCode: 0,
  oomAfterMs: undefined,
  crashes: 0,
  stopAfterMs: 0,
};
/** Init containers do their work in no time unless told otherwise. */
const ENDS_AT_ONCE: Behaviour = { ...RUNS_ON, runForMs: 0 };

/** How one container behaves; `ends` is for init containers, which end by themselves. */
export function behaviourOf(annotations: Annotations, container: string, ends: boolean): Behaviour {
  const base = ends ? ENDS_AT_ONCE : RUNS_ON;
  if (saysNothing(annotations)) return base;
  const own = (name: string) =>
    ends ? annotations?.[`${PREFIX}${container}.${name}`] : lookUp(annotations, container, name);
  const duration = (name: string): number | undefined => {
    const text = own(name);
    return text === undefined ? undefined : durationMs(text);
  };
  const count = (name: string): number => Number(own(name) ?? 0) || 0;
  return {
    startAfterMs: duration("start-after") ?? base.startAfterMs,
    readyAfterMs: own("never-ready") === "true" ? NEVER : (duration("ready-after") ?? base.readyAfterMs),
    startedAfterMs: duration("started-after") ?? base.startedAfterMs,
    liveForMs: duration("live-for") ?? base.liveForMs,
    runForMs: duration("run-for") ?? (own("exit-code") === undefined ? base.runForMs : 0),
    exitCode: count("exit-code"),
    oomAfterMs: duration("oom-after"),
    crashes: count("crash"),
    stopAfterMs: duration("stop-after") ?? base.stopAfterMs,
  };
}
