// SPDX-License-Identifier: Apache-2.0

import type { ObjectReference, Pod, PodTemplateSpec } from "../../api/index.ts";
import { isNotFound, type DeepReadonly, type OwnerReference } from "../../apimachinery/index.ts";
import { PODS, type Cached, type Client, type EventRecorder } from "../../client/index.ts";
import { messageOf, namespaceIsTerminating } from "./status-cause.ts";

/** For whom pods are made and deleted, and who is told. */
export interface PodOwner {
  readonly namespace: string;
  readonly name: string;
  readonly reference: OwnerReference;
  /** Events are about this object. */
  readonly about: ObjectReference;
}

/** A pod as a template says, owned by a controller. */
export function podFromTemplate(template: DeepReadonly<PodTemplateSpec>, owner: PodOwner): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.name}-`,
      namespace: owner.namespace,
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [owner.reference],
    },
    spec: template.spec as Pod["spec"],
  };
}

/** Makes and deletes pods, and records an event about each. */
export class PodControl {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  async create(owner: PodOwner, pod: Pod, options: { readonly signal: AbortSignal }): Promise<void> {
    try {
      const created = await this.#client.resource(PODS).namespace(owner.namespace).create(pod, options);
      this.#say(owner, "Normal", "SuccessfulCreate", `Created pod: ${created.metadata.name}`);
    } catch (error) {
      if (!namespaceIsTerminating(error)) {
        this.#say(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  async delete(owner: PodOwner, pod: Cached<Pod>, options: { readonly signal: AbortSignal }): Promise<void> {
    const { name, uid } = pod.metadata;
    try {
      await this.#client
        .resource(PODS)
        .namespace(owner.namespace)
        .delete(name, { ...options, preconditions: { uid } });
      this.#say(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
    } catch (error) {
      if (!isNotFound(error)) this.#say(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  #say(owner: PodOwner, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#recorder.event(owner.about, { type, reason, message });
  }
}
