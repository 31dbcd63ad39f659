// SPDX-License-Identifier: Apache-2.0

import type { KubeletContext } from "../kubelet-context.ts";
import { CriError, type ProbeCallOptions, type ProbeIdentity, type ProbeResult } from "../ports.ts";
import type { Container, Probe } from "../types.ts";
import { httpTarget, resolvePort } from "./probe-target.ts";

const MS_PER_SECOND = 1_000;
/** A probe that cannot be carried out at all is tried that often at once. */
const TRIES_MAX = 3;
const OUTPUT_CHARACTERS_MAX = 10_240;

const decoder = new TextDecoder();

export interface ProbeRun {
  readonly probe: Probe;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly signal: AbortSignal;
  readonly kind: ProbeIdentity["kind"];
  readonly podUid: string;
}

type ProbeContext = Pick<KubeletContext, "runtime" | "probes">;

const optionsOf = (run: ProbeRun): ProbeCallOptions => ({
  signal: run.signal,
  probe: { kind: run.kind, podUid: run.podUid, containerId: run.containerId },
});

async function exec(context: ProbeContext, run: ProbeRun, timeoutSeconds: number): Promise<ProbeResult> {
  const command = run.probe.exec?.command ?? [];
  try {
    const result = await context.runtime.execSync(run.containerId, command, { ...optionsOf(run), timeoutSeconds });
    const output = (decoder.decode(result.stdout) + decoder.decode(result.stderr)).slice(0, OUTPUT_CHARACTERS_MAX);
    return { type: result.exitCode === 0 ? "success" : "failure", output };
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== "DeadlineExceeded") throw error;
    return { type: "failure", output: `command timed out: "${command.join(" ")}" timed out after ${timeoutSeconds}s` };
  }
}

async function probeOnce(context: ProbeContext, run: ProbeRun): Promise<ProbeResult> {
  const { probe, container, podIp } = run;
  const options = optionsOf(run);
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  const timeoutMs = timeoutSeconds * MS_PER_SECOND;
  if (probe.exec) return exec(context, run, timeoutSeconds);
  if (probe.httpGet) return context.probes.http(httpTarget(probe.httpGet, container, { podIp, timeoutMs }), options);
  if (probe.tcpSocket) {
    const port = resolvePort(probe.tcpSocket.port, container);
    return context.probes.tcp({ host: probe.tcpSocket.host || podIp, port, timeoutMs }, options);
  }
  if (probe.grpc) {
    const { port, service = "" } = probe.grpc;
    return context.probes.grpc({ host: podIp, port, service, timeoutMs }, options);
  }
  throw new Error(`missing probe handler for ${container.name}`);
}

/** Carries out a probe; "unknown" when it could not be. */
export async function runProbe(context: ProbeContext, run: ProbeRun): Promise<ProbeResult> {
  let failure: unknown;
  for (let i = 0; i < TRIES_MAX; i++) {
    try {
      return await probeOnce(context, run);
    } catch (error) {
      run.signal.throwIfAborted();
      failure = error;
    }
  }
  return { type: "unknown", output: failure instanceof Error ? failure.message : String(failure) };
}
