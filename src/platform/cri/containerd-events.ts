// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeEvent, RuntimeEvents, RuntimeService } from "../../kubelet/index.ts";
import { TaskGroup } from "../../base/index.ts";
import { GrpcClient, GrpcError } from "../grpc/grpc-client.ts";
import { MessageCodec, type MessageObject } from "../grpc/message-codec.ts";
import { containerdMessages } from "./containerd-messages.ts";

/** The namespace that CRI uses in containerd. */
const NAMESPACE = { "containerd-namespace": "k8s.io" };
const SERVICE = "/containerd.services.events.v1.Events";
/** A topic of our own: when its event comes back, the subscription stands. */
const PROBE_TOPIC = "/knarr/subscribed";
const PROBE_INTERVAL_MS = 20;
const RECONNECT_BASE_MS = 50;
const RECONNECT_MAX_MS = 2_000;
/** How long CRI may take to learn of an exit after the event of it. */
const SETTLE_DELAYS_MS = [2, 4, 8, 16, 32, 64, 128, 256];

type ContainerEventType = Exclude<RuntimeEvent["type"], "lost">;

const TOPICS: Readonly<Record<string, { readonly type: ContainerEventType; readonly message: string }>> = {
  "/containers/create": { type: "created", message: "ContainerEvent" },
  "/tasks/start": { type: "started", message: "TaskEvent" },
  "/tasks/exit": { type: "stopped", message: "TaskExit" },
  "/tasks/oom": { type: "oom", message: "TaskEvent" },
  "/containers/delete": { type: "deleted", message: "ContainerEvent" },
};

/**
 * Container events from containerd's own event service, since containerd 1.6 has none in CRI. "Stopped" is told when
 * CRI's status of the container says so too; containerd publishes the exit a little before.
 */
export class ContainerdEvents implements RuntimeEvents {
  readonly #socket: string;
  readonly #runtime: Pick<RuntimeService, "containerStatus" | "podSandboxStatus">;
  readonly #codec = new MessageCodec(containerdMessages);
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();

  constructor(socket: string, runtime: Pick<RuntimeService, "containerStatus" | "podSandboxStatus">) {
    this.#socket = socket;
    this.#runtime = runtime;
  }

  subscribe(listener: (event: RuntimeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the events until aborted, over restarts of containerd. */
  async run(signal: AbortSignal): Promise<void> {
    let delayMs = RECONNECT_BASE_MS;
    let isSubscribed = false;
    const onSubscribed = () => {
      delayMs = RECONNECT_BASE_MS;
      isSubscribed = true;
    };
    while (!signal.aborted) {
      await using tasks = new TaskGroup(signal);
      try {
        await this.#follow(tasks, onSubscribed);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof GrpcError)) throw error;
        if (isSubscribed) this.#emit({ type: "lost" });
        isSubscribed = false;
        await sleep(delayMs, undefined, { signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, RECONNECT_MAX_MS);
      }
    }
  }

  async #follow(tasks: TaskGroup, onSubscribed: () => void): Promise<void> {
    const { signal } = tasks;
    using client = new GrpcClient(this.#socket, this.#codec);
    const subscribed = new AbortController();
    tasks.run("subscription probe", () => this.#probe(client, AbortSignal.any([signal, subscribed.signal])));
    try {
      const method = { path: `${SERVICE}/Subscribe`, request: "SubscribeRequest", response: "Envelope" };
      for await (const envelope of client.stream(method, {}, { signal, metadata: NAMESPACE })) {
        if (envelope.topic === PROBE_TOPIC) {
          if (subscribed.signal.aborted) continue;
          subscribed.abort();
          onSubscribed();
          this.#emit({ type: "lost" });
        } else this.#dispatch(envelope, tasks);
      }
    } finally {
      subscribed.abort();
    }
    throw new GrpcError("Unavailable", "containerd ended its stream of events");
  }

  /** Publishes an event of our own until it came back: only then is it certain that nothing is missed any more. */
  async #probe(client: GrpcClient, signal: AbortSignal): Promise<void> {
    const method = { path: `${SERVICE}/Publish`, request: "PublishRequest", response: "Empty" };
    const event = { typeUrl: "knarr.dev/Subscribed", value: new Uint8Array(0) };
    while (!signal.aborted) {
      await client.call(method, { topic: PROBE_TOPIC, event }, { signal, metadata: NAMESPACE }).catch(() => undefined);
      await sleep(PROBE_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #dispatch(envelope: MessageObject, tasks: TaskGroup): void {
    const topic = TOPICS[envelope.topic as string];
    if (!topic || envelope.namespace !== "k8s.io") return;
    const message = this.#codec.decode(topic.message, (envelope.event as { value: Uint8Array }).value);
    const containerId = (topic.message === "ContainerEvent" ? message.id : message.containerId) as string;
    if (topic.message === "TaskExit" && message.id !== containerId) return;
    if (topic.type === "stopped") tasks.run("container exit", (signal) => this.#emitWhenStopped(containerId, signal));
    else this.#emit({ type: topic.type, containerId });
  }

  async #emitWhenStopped(containerId: string, signal: AbortSignal): Promise<void> {
    for (const delayMs of SETTLE_DELAYS_MS) {
      if (!(await this.#saysRunning(containerId, signal))) break;
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) this.#emit({ type: "stopped", containerId });
  }

  async #saysRunning(id: string, signal: AbortSignal): Promise<boolean> {
    const [container, sandbox] = await Promise.all([
      this.#runtime.containerStatus(id, { signal }).catch(() => undefined),
      this.#runtime.podSandboxStatus(id, { signal }).catch(() => undefined),
    ]);
    return container?.state === "CONTAINER_RUNNING" || sandbox?.state === "SANDBOX_READY";
  }

  #emit(event: RuntimeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
