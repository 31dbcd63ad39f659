// SPDX-License-Identifier: Apache-2.0

import { containerEnvironment } from "../environment/environment.ts";
import { ImagePuller, runtimeErrorText } from "../images/image-puller.ts";
import type { CriImage, PodSandboxConfig } from "../cri.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { KeyedBackoff } from "../pods/keyed-backoff.ts";
import { goDuration } from "../../rules/index.ts";
import { PodEvents } from "../pods/pod-events.ts";
import { podText, type PodRecord } from "../pods/pod-record.ts";
import { StartError } from "../pods/start-error.ts";
import type { Container, EphemeralContainer, Secret } from "../types.ts";
import { containerMounts } from "../volumes/mounts.ts";
import { NO_VOLUMES } from "../volumes/pod-volumes.ts";
import { containerConfig, containerLogPath } from "./container-config.ts";
import { fnv1a } from "./container-hash.ts";
import { runHook } from "./lifecycle-hooks.ts";
import type { PodKiller } from "./pod-killer.ts";
import { findContainer, type RuntimeContainer } from "./pod-runtime.ts";
import { verifyNonRoot } from "./security-context.ts";

const CRASH_BACKOFF = { baseMs: 10_000, maxMs: 300_000 };

/** When containers that failed to start for another reason than a back-off are tried again. */
const START_RETRY_MS = 10_000;
/** How soon after a failed pull the pod shows that it backs off. */
const IMAGE_BACKOFF_SHOWN_MS = 1_000;

/** The sandbox that containers are started in. */
export interface SandboxInUse {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly podIps: readonly string[];
}

interface Start {
  readonly record: PodRecord;
  readonly container: Container;
  readonly sandbox: SandboxInUse;
  readonly events: PodEvents;
  readonly signal: AbortSignal;
}

const asConfigError = (error: unknown): StartError => {
  if (error instanceof StartError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StartError("CreateContainerConfigError", message, { cause: error });
};

/** Changes when a container's definition does, so that its back-off begins anew. */
const backoffKey = (record: PodRecord, container: Container): string =>
  `${record.uid}/${container.name}/${fnv1a(JSON.stringify(container)).toString(16)}`;

/** Brings single containers up: image, configuration, creation, start and postStart hook. */
export class ContainerStarter {
  readonly #context: KubeletContext;
  readonly #killer: PodKiller;
  readonly #puller: ImagePuller;
  readonly #backoff: KeyedBackoff;

  constructor(context: KubeletContext, killer: PodKiller) {
    this.#context = context;
    this.#killer = killer;
    this.#puller = new ImagePuller(context);
    this.#backoff = new KeyedBackoff(context.clock, CRASH_BACKOFF);
  }

  /** Gets an image ready before it is needed; its failure shows when the container starts. */
  async ensureImage(
    record: PodRecord,
    container: Container,
    config: PodSandboxConfig,
    signal: AbortSignal,
  ): Promise<string> {
    const { pod } = record;
    return this.#puller.ensure({
      pod,
      container,
      events: new PodEvents(this.#context.recorder, pod),
      pullSecrets: () => this.#pullSecrets(record, signal),
      sandboxConfig: config,
      runtimeHandler: await this.#context.runtimeHandler(pod.spec?.runtimeClassName, { signal }),
      signal,
    });
  }

  /** Milliseconds until a crashed container may start again. */
  remainingMs(record: PodRecord, container: Container): number {
    const ended = record.runtime.containers.find((c) => c.name === container.name && c.state === "CONTAINER_EXITED");
    return ended ? this.#backoff.remainingSinceMs(backoffKey(record, container), ended.finishedAtMs) : 0;
  }

  imageRemainingMs(record: PodRecord, container: Container): number {
    return this.#puller.remainingMs(record.uid, container.image ?? "");
  }

  forgetPod(uid: string): void {
    this.#backoff.forget(`${uid}/`);
    this.#puller.forgetPod(uid);
  }

  /** Starts a container, or notes in the record why it could not be; whether it runs. */
  async start(
    record: PodRecord,
    container: Container,
    options: { readonly sandbox: SandboxInUse; readonly image?: Promise<string>; readonly signal: AbortSignal },
  ): Promise<boolean> {
    if ((record.failures?.get(container.name)?.retryAtMs ?? 0) > this.#context.clock.nowMs()) return false;
    const events = new PodEvents(this.#context.recorder, record.pod);
    const start: Start = { record, container, sandbox: options.sandbox, events, signal: options.signal };
    try {
      this.#checkBackoff(start);
      const image = options.image ?? this.ensureImage(record, container, options.sandbox.config, options.signal);
      await this.#bringUp(start, await this.#imageRef(start, image));
      record.succeed(container.name);
      return true;
    } catch (error) {
      options.signal.throwIfAborted();
      const failure = asConfigError(error);
      const retryAtMs = this.#context.clock.nowMs() + this.#retryMs(record, container, failure.reason);
      record.fail(container.name, { reason: failure.reason, message: failure.message, retryAtMs });
      return false;
    }
  }

  /** When a container that could not be started is tried again: when its back-off is over, else after a while. */
  #retryMs(record: PodRecord, container: Container, reason: string): number {
    if (reason === "CrashLoopBackOff") return this.remainingMs(record, container);
    const imageMs = this.imageRemainingMs(record, container);
    if (imageMs === 0) return START_RETRY_MS;
    return reason === "ImagePullBackOff" ? imageMs : Math.min(IMAGE_BACKOFF_SHOWN_MS, imageMs);
  }

  #checkBackoff({ record, container, events }: Start): void {
    const ended = record.runtime.containers.find((c) => c.name === container.name && c.state === "CONTAINER_EXITED");
    if (!ended) return;
    const key = backoffKey(record, container);
    if (this.#backoff.remainingSinceMs(key, ended.finishedAtMs) > 0) {
      const pod = podText(record.pod);
      events.container(
        container,
        "Warning",
        "BackOff",
        `Back-off restarting failed container ${container.name} in pod ${pod}`,
      );
      const delay = goDuration(this.#backoff.delayMs(key));
      throw new StartError(
        "CrashLoopBackOff",
        `back-off ${delay} restarting failed container=${container.name} pod=${pod}`,
      );
    }
    this.#backoff.next(key, ended.finishedAtMs);
  }

  async #imageRef({ container, events, signal }: Start, image: Promise<string>): Promise<string> {
    try {
      return await image;
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof StartError ? error.reason : "ErrImagePull";
      events.container(container, "Warning", "Failed", `Error: ${reason}`);
      throw error;
    }
  }

  async #bringUp(start: Start, imageRef: string): Promise<void> {
    const { record, container, sandbox, events, signal } = start;
    const { runtime } = this.#context;
    const before = findContainer(record.runtime, container.name);
    const restartCount = before ? before.restartCount + 1 : 0;
    const config = await this.#config(start, imageRef, restartCount);
    const id = await this.#step(start, "CreateContainerError", () =>
      runtime.createContainer(sandbox.id, config, { signal, sandboxConfig: sandbox.config }),
    );
    events.container(container, "Normal", "Created", "Container created");
    record.stale = true;
    await this.#step(start, "RunContainerError", () => runtime.startContainer(id, { signal }));
    events.container(container, "Normal", "Started", "Container started");
    await this.#linkLog(record, container, id, restartCount);
    if (container.lifecycle?.postStart) await this.#postStart(start, id);
  }

  async #config(start: Start, imageRef: string, restartCount: number) {
    const { record, container, sandbox, events, signal } = start;
    const { pod } = record;
    const c = this.#context;
    try {
      const image = await this.#image(imageRef, signal);
      verifyNonRoot(pod, container, image);
      const addresses = { podIps: sandbox.podIps, hostIps: c.hostIps };
      const env = await containerEnvironment({
        pod,
        container,
        objects: c.objects,
        services: c.services(),
        node: c.allocatable,
        events,
        signal,
        ...addresses,
      });
      const mounts = await containerMounts({
        pod,
        container,
        env,
        volumes: record.volumes ?? NO_VOLUMES,
        podIps: sandbox.podIps,
        files: c.files,
        podDirectory: `${c.directories.root}/pods/${record.uid}`,
        clusterDomain: c.dns.clusterDomain,
        random: c.random,
      });
      const targetName = (container as EphemeralContainer).targetContainerName;
      const targetId = targetName ? findContainer(record.runtime, targetName)?.id : undefined;
      const rootDirectory = c.directories.root;
      return containerConfig({
        pod,
        container,
        restartCount,
        imageRef,
        image,
        env,
        mounts,
        rootDirectory,
        node: c.host,
        targetId,
      });
    } catch (error) {
      signal.throwIfAborted();
      const failure = asConfigError(error);
      events.container(container, "Warning", "Failed", `Error: ${failure.message}`);
      throw failure;
    }
  }

  async #image(ref: string, signal: AbortSignal): Promise<CriImage | undefined> {
    return this.#context.images.imageStatus({ image: ref }, { signal });
  }

  async #step<T>({ container, events, signal }: Start, reason: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      const text = error instanceof Error && error.name === "CriError" ? error.message : runtimeErrorText(error);
      events.container(container, "Warning", "Failed", `Error: ${text}`);
      throw new StartError(reason, text, { cause: error });
    }
  }

  /** The name under which log collectors look for a container's log. */
  async #linkLog(record: PodRecord, container: Container, id: string, restartCount: number): Promise<void> {
    const { containerLogs, podLogs } = this.#context.directories;
    const m = record.pod.metadata;
    const log = `${podLogs}/${m?.namespace}_${m?.name}_${record.uid}/${containerLogPath(container.name, restartCount)}`;
    const link = `${containerLogs}/${m?.name}_${m?.namespace}_${container.name}-${id}.log`;
    try {
      await this.#context.files.symlink(log, link);
    } catch (error) {
      this.#context.log.warn("Log could not be linked", { link, error: String(error) });
    }
  }

  async #postStart(start: Start, id: string): Promise<void> {
    const { record, container, sandbox, events, signal } = start;
    try {
      const target = { container, containerId: id, podIp: sandbox.podIps[0] ?? "" };
      await runHook(this.#context, container.lifecycle!.postStart!, { ...target, signal });
    } catch (error) {
      signal.throwIfAborted();
      events.container(container, "Warning", "FailedPostStartHook", "PostStartHook failed");
      const running = { id, name: container.name } as RuntimeContainer;
      await this.#killer.killContainer(record, running, {
        signal,
        message: "FailedPostStartHook",
        reason: "FailedPostStartHook",
      });
      throw new StartError("PostStartHookError", error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    }
  }

  async #pullSecrets(record: PodRecord, signal: AbortSignal): Promise<readonly Secret[]> {
    const namespace = record.pod.metadata?.namespace ?? "";
    const secrets: Secret[] = [];
    for (const ref of record.pod.spec?.imagePullSecrets ?? []) {
      try {
        secrets.push(await this.#context.objects.secret(namespace, ref.name ?? "", { signal }));
      } catch {
        signal.throwIfAborted();
        const message = `Unable to retrieve some image pull secrets (${ref.name}); attempting to pull the image may not succeed.`;
        new PodEvents(this.#context.recorder, record.pod).pod("Warning", "FailedToRetrieveImagePullSecret", message);
      }
    }
    return secrets;
  }
}
