// SPDX-License-Identifier: Apache-2.0

import { formatTime, isNotFound } from "../apimachinery/index.ts";
import type { Clock } from "../base/index.ts";
import { type Client, type EventsV1Recorder, objectReferenceTo, PODS } from "../client/index.ts";
import type { PodInfo } from "./pod-info.ts";
import type { ScheduledCondition, SchedulerEffects } from "./scheduler-effects.ts";

const CLEARED = { nominatedNodeName: null };

/** Acts through the API. */
export class ClientEffects implements SchedulerEffects {
  readonly #client: Client;
  readonly #recorder: EventsV1Recorder;
  readonly #clock: Clock;

  constructor(client: Client, recorder: EventsV1Recorder, options: { readonly clock: Clock }) {
    this.#client = client;
    this.#recorder = recorder;
    this.#clock = options.clock;
  }

  async bind(pod: PodInfo, nodeName: string, options: { signal: AbortSignal }): Promise<void> {
    await this.#pods(pod).bind(pod.name, nodeName, { ...options, uid: pod.uid });
  }

  async patchStatus(
    pod: PodInfo,
    change: { condition?: ScheduledCondition; nominatedNode?: string },
    options: { signal: AbortSignal },
  ): Promise<void> {
    const condition = change.condition && this.#conditionPatch(pod, change.condition);
    const nominated =
      change.nominatedNode === undefined
        ? {}
        : change.nominatedNode === ""
          ? CLEARED
          : { nominatedNodeName: change.nominatedNode };
    if (!condition && Object.keys(nominated).length === 0) return;
    const status = { ...condition, ...nominated };
    await this.#patch(pod, { metadata: { uid: pod.uid }, status }, options.signal);
  }

  async evict(victim: PodInfo, preemptor: PodInfo, nodeName: string, options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      observedGeneration: victim.pod.metadata.generation,
      reason: "PreemptionByScheduler",
      message: `${preemptor.schedulerName}: preempting to accommodate a higher priority pod`,
      lastProbeTime: null,
      lastTransitionTime: formatTime(this.#clock.nowMs()),
    };
    try {
      await this.#patch(victim, { metadata: { uid: victim.uid }, status: { conditions: [condition] } }, signal);
      await this.#pods(victim).delete(victim.name, { signal, preconditions: { uid: victim.uid } });
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    const message = `Preempted by pod ${preemptor.uid} on node ${nodeName}`;
    this.event(victim, "Normal", "Preempted", "Preempting", message);
  }

  event(pod: PodInfo, type: "Normal" | "Warning", reason: string, action: string, note: string): void {
    const { metadata } = pod.pod;
    const about = objectReferenceTo(PODS, {
      metadata: metadata as Parameters<typeof objectReferenceTo>[1]["metadata"],
    });
    this.#recorder.event(about, { type, reason, action, note });
  }

  /** Nothing when the pod says so already. */
  #conditionPatch(pod: PodInfo, condition: ScheduledCondition): Record<string, unknown> | undefined {
    const current = pod.pod.status?.conditions?.find((c) => c.type === "PodScheduled");
    const generation = pod.pod.metadata.generation;
    const same = current?.status === condition.status && current.reason === condition.reason;
    if (same && current.message === condition.message && current.observedGeneration === generation) return undefined;
    const since = current?.status === condition.status ? current.lastTransitionTime : undefined;
    const written = {
      type: "PodScheduled",
      observedGeneration: generation,
      ...condition,
      lastProbeTime: null,
      lastTransitionTime: since ?? formatTime(this.#clock.nowMs()),
    };
    return { "$setElementOrder/conditions": setOrder(pod), conditions: [written] };
  }

  async #patch(pod: PodInfo, patch: unknown, signal: AbortSignal): Promise<void> {
    try {
      await this.#pods(pod).patch(pod.name, "strategic", patch, { signal, subresource: "status" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #pods(pod: PodInfo) {
    return this.#client.resource(PODS).namespace(pod.namespace);
  }
}

function setOrder(pod: PodInfo): { type: string }[] {
  const types = (pod.pod.status?.conditions ?? []).map((c) => c.type);
  if (!types.includes("PodScheduled")) types.push("PodScheduled");
  return types.map((type) => ({ type }));
}
