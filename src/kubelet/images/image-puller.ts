// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { AuthConfig, ImageSpec, PodSandboxConfig } from "../cri.ts";
import type { PodEvents } from "../pods/pod-events.ts";
import { KeyedBackoff } from "../pods/keyed-backoff.ts";
import { StartError } from "../pods/start-error.ts";
import { CriError, type CallOptions, type ImageService } from "../ports.ts";
import type { Container, Pod, Secret } from "../types.ts";
import { goDuration } from "../../rules/index.ts";
import { credentialsFor } from "./credentials.ts";
import { imageNameError, repositoryOf, withDefaultTag } from "./image-name.ts";

const IMAGE_BACKOFF = { baseMs: 10_000, maxMs: 300_000 };

export interface ImagePullerOptions {
  readonly images: ImageService;
  readonly clock: Clock;
}

export interface ImageRequest extends CallOptions {
  readonly pod: Pod;
  readonly container: Container;
  readonly events: PodEvents;
  readonly pullSecrets: () => Promise<readonly Secret[]>;
  readonly sandboxConfig: PodSandboxConfig;
  readonly runtimeHandler: string;
}

/** Prefixes of runtime errors that have a reason of their own. */
const PULL_ERRORS: Readonly<Record<string, string>> = {
  RegistryUnavailable: "because the registry is unavailable",
  SignatureValidationFailed: "because the signature validation failed",
};

function pullError(image: string, text: string): StartError {
  for (const prefix in PULL_ERRORS) {
    if (text.startsWith(prefix))
      return new StartError(
        prefix,
        `image pull failed for ${image} ${PULL_ERRORS[prefix]}${text.slice(prefix.length)}`,
      );
  }
  return new StartError("ErrImagePull", text);
}

/** The runtime's words, as gRPC errors read. */
export function runtimeErrorText(error: unknown): string {
  if (error instanceof CriError) return `rpc error: code = ${error.code} desc = ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Makes sure that a container's image is on the node, as its pull policy says, and backs off when it cannot be had. */
export class ImagePuller {
  readonly #images: ImageService;
  readonly #clock: Clock;
  readonly #backoff: KeyedBackoff;
  readonly #lastErrors = new Map<string, string>();

  constructor(options: ImagePullerOptions) {
    this.#images = options.images;
    this.#clock = options.clock;
    this.#backoff = new KeyedBackoff(options.clock, IMAGE_BACKOFF);
  }

  /** Gives the reference to create the container with; throws StartError. */
  async ensure(request: ImageRequest): Promise<string> {
    const { container, events } = request;
    const wanted = container.image ?? "";
    const bad = imageNameError(wanted);
    if (bad) {
      const message = `Failed to apply default image tag "${wanted}": ${bad}`;
      events.container(container, "Warning", "InspectFailed", message);
      throw new StartError("InvalidImageName", message);
    }
    const spec: ImageSpec = { image: withDefaultTag(wanted), runtimeHandler: request.runtimeHandler };
    const policy = container.imagePullPolicy ?? "IfNotPresent";
    const present = policy === "Always" ? undefined : await this.#present(spec, request);
    if (present) {
      const message = `Container image "${wanted}" already present on machine and can be accessed by the pod`;
      events.container(container, "Normal", "Pulled", message);
      return present;
    }
    if (policy === "Never") {
      const message = `Container image "${wanted}" is not present with pull policy of Never`;
      events.container(container, "Warning", "ErrImageNeverPull", message);
      throw new StartError("ErrImageNeverPull", message);
    }
    return this.#pull(wanted, spec, request);
  }

  /** Milliseconds until a pod's image may be asked for again. */
  remainingMs(podUid: string, image: string): number {
    return this.#backoff.remainingMs(`${podUid}_${image}`);
  }

  forgetPod(podUid: string): void {
    this.#backoff.forget(`${podUid}_`);
    for (const key of this.#lastErrors.keys()) if (key.startsWith(`${podUid}_`)) this.#lastErrors.delete(key);
  }

  async #present(spec: ImageSpec, request: ImageRequest): Promise<string | undefined> {
    try {
      const image = await this.#images.imageStatus(spec, request);
      return image?.id;
    } catch (error) {
      request.signal.throwIfAborted();
      const message = `Failed to inspect image "": ${runtimeErrorText(error)}`;
      request.events.container(request.container, "Warning", "InspectFailed", message);
      throw new StartError("ImageInspectError", message);
    }
  }

  async #pull(image: string, spec: ImageSpec, request: ImageRequest): Promise<string> {
    const { container, events, pod } = request;
    const key = `${pod.metadata?.uid}_${image}`;
    if (this.#backoff.remainingMs(key) > 0) {
      const message = `Back-off pulling image "${image}"`;
      events.container(container, "Normal", "BackOff", message);
      const before = this.#lastErrors.get(key);
      throw new StartError("ImagePullBackOff", before ? `${message}: ${before}` : message);
    }
    this.#lastErrors.delete(key);
    events.container(container, "Normal", "Pulling", `Pulling image "${image}"`);
    const startMs = this.#clock.monotonicMs();
    try {
      const ref = await this.#pullWithCredentials(spec, request);
      const took = goDuration(Math.floor(this.#clock.monotonicMs() - startMs));
      const size = await this.#sizeOf({ ...spec, image: ref }, request);
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`;
      events.container(container, "Normal", "Pulled", message);
      return ref;
    } catch (error) {
      request.signal.throwIfAborted();
      const text = runtimeErrorText(error);
      events.container(container, "Warning", "Failed", `Failed to pull image "${image}": ${text}`);
      this.#backoff.next(key, this.#clock.nowMs());
      const failure = pullError(image, text);
      this.#lastErrors.set(key, `${failure.reason}: ${failure.message}`);
      throw failure;
    }
  }

  /** Tries the credentials in their order, and without any when there are none; the last failure counts. */
  async #pullWithCredentials(spec: ImageSpec, request: ImageRequest): Promise<string> {
    const credentials = credentialsFor(repositoryOf(spec.image), await request.pullSecrets());
    const tries: readonly (AuthConfig | undefined)[] = credentials.length > 0 ? credentials : [undefined];
    let failure: unknown;
    for (const auth of tries) {
      try {
        const { signal, sandboxConfig } = request;
        return await this.#images.pullImage(spec, { signal, sandboxConfig, ...(auth ? { auth } : {}) });
      } catch (error) {
        request.signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  async #sizeOf(spec: ImageSpec, request: ImageRequest): Promise<number> {
    try {
      return (await this.#images.imageStatus(spec, request))?.size ?? 0;
    } catch {
      request.signal.throwIfAborted();
      return 0;
    }
  }
}
