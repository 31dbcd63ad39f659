// SPDX-License-Identifier: Apache-2.0

import type { EventRecorder, EventType } from "../../client/index.ts";
import type { Container, Pod } from "../types.ts";

/** Where the kubelet's events go. */
export type EventSink = Pick<EventRecorder, "event">;

/** The events of one pod. */
export class PodEvents {
  readonly #sink: EventSink;
  readonly #pod: Pod;

  constructor(sink: EventSink, pod: Pod) {
    this.#sink = sink;
    this.#pod = pod;
  }

  pod(type: EventType, reason: string, message: string): void {
    this.#send("", type, reason, message);
  }

  /** An event about one of the pod's containers. */
  container(container: Pick<Container, "name">, type: EventType, reason: string, message: string): void {
    this.#send(this.#fieldPath(container.name), type, reason, message);
  }

  #fieldPath(name: string): string {
    const spec = this.#pod.spec;
    if (spec?.initContainers?.some((c) => c.name === name)) return `spec.initContainers{${name}}`;
    if (spec?.ephemeralContainers?.some((c) => c.name === name)) return `spec.ephemeralContainers{${name}}`;
    return `spec.containers{${name}}`;
  }

  #send(fieldPath: string, type: EventType, reason: string, message: string): void {
    const m = this.#pod.metadata;
    const object = {
      apiVersion: "v1",
      kind: "Pod",
      namespace: m?.namespace,
      name: m?.name ?? "",
      uid: m?.uid,
      resourceVersion: m?.resourceVersion,
      ...(fieldPath ? { fieldPath } : {}),
    };
    this.#sink.event(object, { type, reason, message });
  }
}
