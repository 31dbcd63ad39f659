// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../../api/index.ts";
import { formatTime, isNotFound } from "../../apimachinery/index.ts";
import { PODS, type Cached, type Client } from "../../client/index.ts";

/** Why a pod is taken away by the control plane. */
export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

/** Says in a pod's status that it is disrupted, and why; and that it failed, if asked to. */
export async function markDisrupted(
  client: Client,
  pod: Cached<Pod>,
  disruption: Disruption | undefined,
  options: { readonly signal: AbortSignal; readonly nowMs: number; readonly failed: boolean },
): Promise<void> {
  const { signal, nowMs, failed } = options;
  const condition = disruption && {
    type: "DisruptionTarget",
    status: "True",
    observedGeneration: pod.metadata.generation,
    lastTransitionTime: formatTime(nowMs),
    ...disruption,
  };
  const known = pod.status.conditions?.some((c) => c.type === "DisruptionTarget" && c.reason === disruption?.reason);
  const status = {
    ...(condition && !known ? { conditions: [condition] } : {}),
    ...(failed ? { phase: "Failed" } : {}),
  };
  if (Object.keys(status).length === 0) return;
  const pods = client.resource(PODS).namespace(pod.metadata.namespace ?? "");
  const patch = { metadata: { uid: pod.metadata.uid }, status };
  await pods.patch(pod.metadata.name, "strategic", patch, { signal, subresource: "status" });
}

/** Deletes the very pod that was looked at. */
export async function deletePod(
  client: Client,
  pod: Cached<Pod>,
  options: { readonly signal: AbortSignal; readonly gracePeriodSeconds?: number },
): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  try {
    await client
      .resource(PODS)
      .namespace(namespace)
      .delete(name, { ...options, preconditions: { uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
