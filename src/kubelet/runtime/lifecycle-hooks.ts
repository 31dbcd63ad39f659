// SPDX-License-Identifier: Apache-2.0

import type { KubeletContext } from "../kubelet-context.ts";
import { httpTarget } from "../probes/probe-target.ts";
import type { Container, LifecycleHandler } from "../types.ts";

/** How long an HTTP hook may take to answer. */
const HTTP_HOOK_TIMEOUT_MS = 30_000;
const MS_PER_SECOND = 1_000;

export interface HookTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

type HookContext = Pick<KubeletContext, "runtime" | "probes" | "clock">;

async function runExec(
  context: HookContext,
  command: readonly string[],
  target: HookTarget,
  signal: AbortSignal,
): Promise<void> {
  const result = await context.runtime.execSync(target.containerId, command, { signal, timeoutSeconds: 0 });
  if (result.exitCode !== 0) throw new Error(`command '${command.join(" ")}' exited with ${result.exitCode}`);
}

/** Runs a postStart or preStop handler to its end; throws when it failed. */
export async function runHook(
  context: HookContext,
  handler: LifecycleHandler,
  options: HookTarget & { readonly signal: AbortSignal },
): Promise<void> {
  const { signal } = options;
  if (handler.exec) return runExec(context, handler.exec.command ?? [], options, signal);
  if (handler.sleep) return context.clock.sleep(handler.sleep.seconds * MS_PER_SECOND, { signal });
  if (!handler.httpGet) throw new Error("invalid handler: no action is specified");
  const request = httpTarget(handler.httpGet, options.container, {
    podIp: options.podIp,
    timeoutMs: HTTP_HOOK_TIMEOUT_MS,
    userAgent: "kube-lifecycle/1.35",
  });
  const result = await context.probes.http(request, { signal });
  if (result.type !== "success") throw new Error(result.output ?? "");
}
