// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest, ApiResponse } from "../client/transport.ts";
import type {
  AuthConfig,
  ContainerConfig,
  ContainerFilter,
  ContainerStats,
  CriContainer,
  CriContainerStatus,
  CriImage,
  ExecSyncResult,
  FilesystemUsage,
  ImageSpec,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxFilter,
  PodSandboxStatus,
  RuntimeStatus,
  RuntimeVersion,
} from "./cri.ts";

/** What every call on a port takes. */
export interface CallOptions {
  readonly signal: AbortSignal;
}

/** A CRI call failed; `code` is the gRPC status name ("NotFound", "Unknown", …), `message` the runtime's words. */
export class CriError extends Error {
  override readonly name = "CriError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** runtime.v1.RuntimeService; failures are CriError. Deletions and stops of what is gone succeed. */
export interface RuntimeService {
  version(options: CallOptions): Promise<RuntimeVersion>;
  status(options: CallOptions): Promise<RuntimeStatus>;
  /** Creates and starts a sandbox, network included; gives its id. */
  runPodSandbox(config: PodSandboxConfig, options: CallOptions & { readonly runtimeHandler?: string }): Promise<string>;
  stopPodSandbox(podSandboxId: string, options: CallOptions): Promise<void>;
  removePodSandbox(podSandboxId: string, options: CallOptions): Promise<void>;
  /** Rejects with NotFound when there is no such sandbox. */
  podSandboxStatus(podSandboxId: string, options: CallOptions): Promise<PodSandboxStatus>;
  listPodSandbox(filter: PodSandboxFilter, options: CallOptions): Promise<readonly PodSandbox[]>;
  createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    options: CallOptions & { readonly sandboxConfig: PodSandboxConfig },
  ): Promise<string>;
  startContainer(containerId: string, options: CallOptions): Promise<void>;
  /** Sends the stop signal, and SIGKILL after `timeoutSeconds`; resolves when the container has ended. */
  stopContainer(containerId: string, options: CallOptions & { readonly timeoutSeconds: number }): Promise<void>;
  removeContainer(containerId: string, options: CallOptions): Promise<void>;
  listContainers(filter: ContainerFilter, options: CallOptions): Promise<readonly CriContainer[]>;
  containerStatus(containerId: string, options: CallOptions): Promise<CriContainerStatus>;
  updateContainerResources(containerId: string, linux: LinuxContainerResources, options: CallOptions): Promise<void>;
  reopenContainerLog(containerId: string, options: CallOptions): Promise<void>;
  /** Runs a command to its end; `timeoutSeconds` 0 is no limit, else CriError DeadlineExceeded. */
  execSync(
    containerId: string,
    command: readonly string[],
    options: ProbeCallOptions & { readonly timeoutSeconds: number },
  ): Promise<ExecSyncResult>;
  listContainerStats(options: CallOptions): Promise<readonly ContainerStats[]>;
}

/** runtime.v1.ImageService; failures are CriError. */
export interface ImageService {
  listImages(options: CallOptions): Promise<readonly CriImage[]>;
  /** Undefined when the image is not on the node. */
  imageStatus(image: ImageSpec, options: CallOptions): Promise<CriImage | undefined>;
  /** Gives the image's reference (its id or digest). */
  pullImage(
    image: ImageSpec,
    options: CallOptions & { readonly auth?: AuthConfig; readonly sandboxConfig?: PodSandboxConfig },
  ): Promise<string>;
  removeImage(image: ImageSpec, options: CallOptions): Promise<void>;
  imageFsInfo(options: CallOptions): Promise<readonly FilesystemUsage[]>;
}

/**
 * What happened in the runtime. `lost` says that events may have been missed, so that everything is to be listed again.
 * The UID is given where the source knows it.
 */
export type RuntimeEvent =
  | {
      readonly type: "created" | "started" | "stopped" | "deleted" | "oom";
      /** A container's or a sandbox's. */
      readonly containerId: string;
      readonly podUid?: string;
    }
  | { readonly type: "lost" };

/** Runtime events instead of relisting each second. */
export interface RuntimeEvents {
  /** Calls back synchronously for each event until unsubscribed. */
  subscribe(listener: (event: RuntimeEvent) => void): () => void;
}

/** A two-way stream of bytes with half-close. */
export interface DuplexStream {
  /** Ends when the other side half-closed; throws when the stream broke. Read once. */
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when the chunk was accepted and there is room for more. */
  write(chunk: Uint8Array): Promise<void>;
  /** Half-closes: no more will be written. */
  closeWrite(): Promise<void>;
  /** Breaks the stream in both directions. */
  destroy(error?: Error): void;
}

/** Where one of a command's streams goes. */
export interface ByteWriter {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** A command's streams; absent ones are not connected. With a terminal stderr is part of stdout. */
export interface CommandStreams {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly stdout?: ByteWriter;
  readonly stderr?: ByteWriter;
  readonly resize?: AsyncIterable<TerminalSize>;
}

/** How a streamed command ended: its exit code, or why it could not run. */
export type CommandOutcome =
  | { readonly type: "exited"; readonly exitCode: number }
  | { readonly type: "failed"; readonly message: string };

/** The runtime's streaming calls (CRI Exec, Attach and PortForward, and what is behind the URLs they give). */
export interface RuntimeStreams {
  exec(
    request: { readonly containerId: string; readonly command: readonly string[]; readonly tty: boolean },
    streams: CommandStreams,
    options: CallOptions,
  ): Promise<CommandOutcome>;
  /** Ends when the container ended or the streams were closed. */
  attach(
    request: { readonly containerId: string; readonly tty: boolean },
    streams: CommandStreams,
    options: CallOptions,
  ): Promise<CommandOutcome>;
  /** Connects to a port inside the sandbox's network; rejects when nothing listens there. */
  portForward(
    request: { readonly podSandboxId: string; readonly port: number },
    options: CallOptions,
  ): Promise<DuplexStream>;
}

/** What the node is and has. */
export interface HostInfo {
  readonly hostname: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** "linux". */
  readonly operatingSystem: string;
  /** Go's name: "amd64", "arm64". */
  readonly architecture: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly ephemeralStorageBytes: number;
  /** Internal addresses, the first is the node's main one. */
  readonly addresses: readonly string[];
  readonly cgroupVersion: 1 | 2;
  /** The resolv.conf that pods with dnsPolicy Default get. */
  readonly resolvConf: string;
}

/** A projected file. */
export interface ProjectedFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Owner, when not root. */
  readonly uid?: number;
}

export type HostPathType =
  | ""
  | "DirectoryOrCreate"
  | "Directory"
  | "FileOrCreate"
  | "File"
  | "Socket"
  | "CharDevice"
  | "BlockDevice";

/** The node's files under the kubelet's root and /var/log: volumes, hosts files, termination logs. Paths are absolute. */
export interface VolumeFiles {
  /** Makes a directory and its parents; `mode` applies to the directory itself, whatever the umask. */
  makeDirectory(
    path: string,
    options?: { readonly mode?: number; readonly gid?: number; readonly uid?: number },
  ): Promise<void>;
  /**
   * Makes a volume hold just these files (relative paths), all at once: they are written into a new timestamped
   * directory and `..data` is swapped. False when nothing had to change.
   */
  project(
    directory: string,
    files: ReadonlyMap<string, ProjectedFile>,
    options?: { readonly fsGroup?: number; readonly timestamp?: string },
  ): Promise<boolean>;
  mountTmpfs(path: string, options?: { readonly sizeBytes?: number; readonly mode?: number }): Promise<void>;
  /** Whether `path` is a mount point. */
  isMounted(path: string): Promise<boolean>;
  /** Detaches what is mounted at `path`, if anything. */
  unmount(path: string): Promise<void>;
  /** Binds `source` (which may not lead outside `base` through links) onto a path of its own, for subPath. */
  bindSubPath(options: { readonly base: string; readonly subPath: string; readonly target: string }): Promise<void>;
  writeFile(
    path: string,
    data: Uint8Array,
    options?: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
  ): Promise<void>;
  /** Undefined when there is no such file. `maxBytes` from its start. */
  readFile(path: string, options?: { readonly maxBytes?: number }): Promise<Uint8Array | undefined>;
  /** Checks or makes a hostPath by its type; rejects with a sentence as upstream words it. */
  ensureHostPath(path: string, type: HostPathType): Promise<void>;
  /** Gives a tree to a group: ownership, group permissions and the setgid bit. */
  applyFsGroup(
    path: string,
    gid: number,
    options: { readonly onRootMismatch: boolean; readonly readOnly?: boolean },
  ): Promise<void>;
  /** Removes a tree, unmounting what is mounted inside. */
  removeTree(path: string): Promise<void>;
  /** Names in a directory; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  symlink(target: string, path: string): Promise<void>;
}

/** What a pod's cgroup is held to; absent is unlimited. */
export interface CgroupLimits {
  readonly cpuShares?: number;
  readonly cpuQuotaUs?: number;
  readonly cpuPeriodUs?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
}

/** cgroups of QoS classes and pods, v1 or v2. Names are paths below the node's cgroup: "/kubepods/burstable/podUID". */
export interface CgroupPort {
  ensure(name: string, limits: CgroupLimits): Promise<void>;
  /** Kills what is left inside and removes the cgroup in every hierarchy. */
  remove(name: string): Promise<void>;
  /** Names of the cgroups directly below. */
  list(name: string): Promise<readonly string[]>;
  /** What CRI wants as cgroup_parent. */
  runtimeName(name: string): string;
  /** Memory working set and CPU time, for statistics; undefined when there is no such cgroup. */
  usage(name: string): Promise<{ readonly cpuNanoSeconds: number; readonly workingSetBytes: number } | undefined>;
}

/** What a probe found. "unknown" is when it could not be carried out: that says nothing about the container. */
export interface ProbeResult {
  readonly type: "success" | "failure" | "unknown";
  /** What the container answered, or why it did not. */
  readonly output?: string;
  /** How long this answer will not change: simulated containers know, so that nobody asks them in vain. */
  readonly stableForMs?: number;
}

export interface HttpProbe {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly timeoutMs: number;
}

/** Which probe a request is made for; real containers do not care, simulated ones do. */
export interface ProbeIdentity {
  readonly kind: "startup" | "liveness" | "readiness";
  readonly podUid: string;
  readonly containerId: string;
}

/** What a probe's request takes. */
export interface ProbeCallOptions extends CallOptions {
  readonly probe?: ProbeIdentity;
}

/** Connects to containers for probes and hooks; exec goes through CRI. */
export interface ProbePort {
  http(probe: HttpProbe, options: ProbeCallOptions): Promise<ProbeResult>;
  tcp(
    probe: { readonly host: string; readonly port: number; readonly timeoutMs: number },
    options: ProbeCallOptions,
  ): Promise<ProbeResult>;
  grpc(
    probe: { readonly host: string; readonly port: number; readonly service: string; readonly timeoutMs: number },
    options: ProbeCallOptions,
  ): Promise<ProbeResult>;
}

/** What `kubectl logs` may ask for. */
export interface LogOptions {
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly timestamps: boolean;
  readonly limitBytes?: number;
  readonly stream?: "stdout" | "stderr";
}

/** Container logs in CRI format. */
export interface LogFiles {
  /** Reads a log across its rotation; with `follow`, until `ended()` is true and everything is read. */
  read(
    path: string,
    log: LogOptions,
    options: CallOptions & { readonly ended?: () => boolean },
  ): AsyncIterable<Uint8Array>;
  /** The last part of the log, for termination messages: at most so many lines and bytes. */
  tail(path: string, options: { readonly maxLines: number; readonly maxBytes: number }): Promise<string>;
  sizeBytes(path: string): Promise<number>;
  /** Renames the log aside and drops what exceeds `maxFiles`; the runtime reopens the path afterwards. */
  rotate(path: string, options: { readonly maxFiles: number; readonly timestamp: string }): Promise<void>;
}

/** A WebSocket as the kubelet uses it: binary messages, in order. */
export interface WebSocketConnection {
  /** The chosen subprotocol. */
  readonly protocol: string;
  /** Ends when the peer closed. Read once. */
  readonly messages: AsyncIterable<Uint8Array>;
  send(message: Uint8Array): Promise<void>;
  close(code?: number, reason?: string): void;
}

/** A stream of a SPDY/3.1 connection, with the headers it was opened with (lower case). */
export interface SpdyStream extends DuplexStream {
  readonly headers: Readonly<Record<string, string>>;
}

/** A SPDY/3.1 connection. */
export interface SpdyConnection {
  /** Streams that the peer opens; each was replied to. Ends with the connection. Read once. */
  readonly streams: AsyncIterable<SpdyStream>;
  close(): void;
}

/** A request that asks to change protocols. One of the accept methods or `respond` is called, once. */
export interface UpgradeRequest {
  readonly request: ApiRequest;
  /** Answers 101 with the subprotocol. */
  acceptWebSocket(protocol: string): Promise<WebSocketConnection>;
  /** Answers 101 `Upgrade: SPDY/3.1` with these headers (X-Stream-Protocol-Version). */
  acceptSpdy(headers: Readonly<Record<string, string>>): Promise<SpdyConnection>;
  /** Speaks SPDY inside a WebSocket's binary messages (`SPDY/3.1+portforward.k8s.io`). */
  acceptSpdyOverWebSocket(protocol: string): Promise<SpdyConnection>;
  respond(response: ApiResponse): void;
}

/** What serves a node's HTTPS API. */
export interface NodeHandler {
  handle(request: ApiRequest): Promise<ApiResponse>;
  upgrade(upgrade: UpgradeRequest): Promise<void>;
}

/** The node's HTTPS server: TLS with client certificates asked for but not demanded. */
export interface NodeServer {
  /** Serves until aborted; `onListening` gets the port. */
  serve(handler: NodeHandler, options: CallOptions & { readonly onListening?: (port: number) => void }): Promise<void>;
}
