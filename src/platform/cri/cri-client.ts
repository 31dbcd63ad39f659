// SPDX-License-Identifier: Apache-2.0

import {
  CriError,
  type AuthConfig,
  type CallOptions,
  type ContainerConfig,
  type ContainerFilter,
  type ContainerStats,
  type CriContainer,
  type CriContainerStatus,
  type CriImage,
  type ExecSyncResult,
  type FilesystemUsage,
  type ImageService,
  type ImageSpec,
  type LinuxContainerResources,
  type PodSandbox,
  type PodSandboxConfig,
  type PodSandboxFilter,
  type PodSandboxStatus,
  type RuntimeService,
  type RuntimeStatus,
  type RuntimeVersion,
} from "../../kubelet/index.ts";
import { GrpcClient, GrpcError } from "../grpc/grpc-client.ts";
import { MessageCodec, type MessageObject } from "../grpc/message-codec.ts";
import { criMessages } from "./cri-messages.ts";

/** How long the runtime may take; what runs a program of the user's gets that program's time on top. */
const CALL_TIMEOUT_MS = 120_000;
/** A sandbox may need its image and network. */
const SANDBOX_TIMEOUT_MS = 2 * CALL_TIMEOUT_MS;
const NO_TIMEOUT = Number.POSITIVE_INFINITY;

/** The CRI v1 of a container runtime on a unix socket. */
export class CriClient implements RuntimeService, ImageService, Disposable {
  readonly #client: GrpcClient;

  constructor(socket: string) {
    this.#client = new GrpcClient(socket, new MessageCodec(criMessages));
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  async version(options: CallOptions): Promise<RuntimeVersion> {
    return as<RuntimeVersion>(await this.#runtime("Version", { version: "v1" }, options));
  }

  async status(options: CallOptions): Promise<RuntimeStatus> {
    const answer = as<{ status?: RuntimeStatus } & Omit<RuntimeStatus, "conditions">>(
      await this.#runtime("Status", {}, options),
    );
    const { runtimeHandlers, features } = answer;
    return { conditions: answer.status?.conditions ?? [], runtimeHandlers, features };
  }

  async runPodSandbox(
    config: PodSandboxConfig,
    options: CallOptions & { readonly runtimeHandler?: string },
  ): Promise<string> {
    const request = { config, runtimeHandler: options.runtimeHandler };
    const answer = await this.#runtime("RunPodSandbox", request, options, SANDBOX_TIMEOUT_MS);
    return answer.podSandboxId as string;
  }

  async stopPodSandbox(podSandboxId: string, options: CallOptions): Promise<void> {
    await this.#goneIsDone("StopPodSandbox", { podSandboxId }, options);
  }

  async removePodSandbox(podSandboxId: string, options: CallOptions): Promise<void> {
    await this.#goneIsDone("RemovePodSandbox", { podSandboxId }, options);
  }

  async podSandboxStatus(podSandboxId: string, options: CallOptions): Promise<PodSandboxStatus> {
    const answer = await this.#runtime("PodSandboxStatus", { podSandboxId }, options);
    return as<PodSandboxStatus>(answer.status);
  }

  async listPodSandbox(filter: PodSandboxFilter, options: CallOptions): Promise<readonly PodSandbox[]> {
    return as<PodSandbox[]>((await this.#runtime("ListPodSandbox", { filter }, options)).items);
  }

  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    options: CallOptions & { readonly sandboxConfig: PodSandboxConfig },
  ): Promise<string> {
    const request = { podSandboxId, config, sandboxConfig: options.sandboxConfig };
    return (await this.#runtime("CreateContainer", request, options)).containerId as string;
  }

  async startContainer(containerId: string, options: CallOptions): Promise<void> {
    await this.#runtime("StartContainer", { containerId }, options);
  }

  async stopContainer(containerId: string, options: CallOptions & { readonly timeoutSeconds: number }): Promise<void> {
    const timeout = Math.max(0, Math.ceil(options.timeoutSeconds));
    await this.#goneIsDone("StopContainer", { containerId, timeout }, options, timeout * 1_000 + CALL_TIMEOUT_MS);
  }

  async removeContainer(containerId: string, options: CallOptions): Promise<void> {
    await this.#goneIsDone("RemoveContainer", { containerId }, options);
  }

  async listContainers(filter: ContainerFilter, options: CallOptions): Promise<readonly CriContainer[]> {
    return as<CriContainer[]>((await this.#runtime("ListContainers", { filter }, options)).containers);
  }

  async containerStatus(containerId: string, options: CallOptions): Promise<CriContainerStatus> {
    const answer = await this.#runtime("ContainerStatus", { containerId }, options);
    return as<CriContainerStatus>(answer.status);
  }

  async updateContainerResources(
    containerId: string,
    linux: LinuxContainerResources,
    options: CallOptions,
  ): Promise<void> {
    await this.#runtime("UpdateContainerResources", { containerId, linux }, options);
  }

  async reopenContainerLog(containerId: string, options: CallOptions): Promise<void> {
    await this.#runtime("ReopenContainerLog", { containerId }, options);
  }

  async execSync(
    containerId: string,
    command: readonly string[],
    options: CallOptions & { readonly timeoutSeconds: number },
  ): Promise<ExecSyncResult> {
    const timeout = Math.ceil(options.timeoutSeconds);
    const limitMs = timeout > 0 ? timeout * 1_000 + CALL_TIMEOUT_MS : NO_TIMEOUT;
    return as<ExecSyncResult>(
      await this.#runtime("ExecSync", { containerId, cmd: command, timeout }, options, limitMs),
    );
  }

  async listContainerStats(options: CallOptions): Promise<readonly ContainerStats[]> {
    return as<ContainerStats[]>((await this.#runtime("ListContainerStats", {}, options)).stats);
  }

  async listImages(options: CallOptions): Promise<readonly CriImage[]> {
    return as<CriImage[]>((await this.#image("ListImages", {}, options)).images);
  }

  async imageStatus(image: ImageSpec, options: CallOptions): Promise<CriImage | undefined> {
    return as<CriImage | undefined>((await this.#image("ImageStatus", { image }, options)).image);
  }

  async pullImage(
    image: ImageSpec,
    options: CallOptions & { readonly auth?: AuthConfig; readonly sandboxConfig?: PodSandboxConfig },
  ): Promise<string> {
    const request = { image, auth: options.auth, sandboxConfig: options.sandboxConfig };
    return (await this.#image("PullImage", request, options, NO_TIMEOUT)).imageRef as string;
  }

  async removeImage(image: ImageSpec, options: CallOptions): Promise<void> {
    await this.#image("RemoveImage", { image }, options);
  }

  async imageFsInfo(options: CallOptions): Promise<readonly FilesystemUsage[]> {
    return as<FilesystemUsage[]>((await this.#image("ImageFsInfo", {}, options)).imageFilesystems);
  }

  /** Where the runtime streams an exec, attach or port-forward that was asked for. */
  async streamUrl(method: "Exec" | "Attach" | "PortForward", request: object, options: CallOptions): Promise<string> {
    return (await this.#runtime(method, request, options)).url as string;
  }

  #runtime(method: string, request: object, options: CallOptions, timeoutMs = CALL_TIMEOUT_MS) {
    return this.#call("RuntimeService", method, request, options, timeoutMs);
  }

  #image(method: string, request: object, options: CallOptions, timeoutMs = CALL_TIMEOUT_MS) {
    return this.#call("ImageService", method, request, options, timeoutMs);
  }

  async #goneIsDone(method: string, request: object, options: CallOptions, timeoutMs = CALL_TIMEOUT_MS): Promise<void> {
    try {
      await this.#runtime(method, request, options, timeoutMs);
    } catch (error) {
      if (!(error instanceof CriError) || error.code !== "NotFound") throw error;
    }
  }

  async #call(
    service: string,
    method: string,
    request: object,
    options: CallOptions,
    timeoutMs: number,
  ): Promise<MessageObject> {
    const path = `/runtime.v1.${service}/${method}`;
    const response = RESPONSES[method] ?? "Empty";
    const messages = { path, request: REQUESTS[method] ?? `${method}Request`, response };
    try {
      return await this.#client.call(messages, request, { signal: options.signal, timeoutMs });
    } catch (error) {
      if (error instanceof GrpcError) throw new CriError(error.code, error.message, { cause: error });
      throw error;
    }
  }
}

/** Requests without fields. */
const REQUESTS: Readonly<Record<string, string>> = { ImageFsInfo: "Empty" };

/** Answers that say something. */
const RESPONSES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "Version",
      "Status",
      "RunPodSandbox",
      "PodSandboxStatus",
      "ListPodSandbox",
      "CreateContainer",
      "ListContainers",
      "ContainerStatus",
      "ExecSync",
      "ListContainerStats",
      "ListImages",
      "ImageStatus",
      "PullImage",
      "ImageFsInfo",
    ].map((method) => [method, `${method}Response`]),
  ),
  Exec: "UrlResponse",
  Attach: "UrlResponse",
  PortForward: "UrlResponse",
};

/** What the codec decoded by the table of messages has the type that the table says. */
function as<T>(message: unknown): T {
  return message as T;
}
