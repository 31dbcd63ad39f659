// SPDX-License-Identifier: Apache-2.0

export type * from "./cri.ts";
export {
  CriError,
  type ByteWriter,
  type CallOptions,
  type CgroupLimits,
  type CgroupPort,
  type CommandOutcome,
  type CommandStreams,
  type DuplexStream,
  type HostInfo,
  type HostPathType,
  type HttpProbe,
  type ImageService,
  type LogFiles,
  type LogOptions,
  type NodeHandler,
  type NodeServer,
  type ProbeCallOptions,
  type ProbeIdentity,
  type ProbePort,
  type ProbeResult,
  type ProjectedFile,
  type RuntimeEvent,
  type RuntimeEvents,
  type RuntimeService,
  type RuntimeStreams,
  type SpdyConnection,
  type SpdyStream,
  type TerminalSize,
  type UpgradeRequest,
  type VolumeFiles,
  type WebSocketConnection,
} from "./ports.ts";
export { createKubelet, Kubelet, type KubeletOptions } from "./kubelet.ts";
export { DEFAULT_DIRECTORIES, type KubeletDirectories } from "./kubelet-context.ts";
export { DEFAULT_NODE_OPTIONS, type NodeOptions } from "./node/node-options.ts";
export { ClientPodObjects, type PodObjects } from "./objects/pod-objects.ts";
export {
  ClientServiceAccountTokens,
  type ServiceAccountToken,
  type ServiceAccountTokens,
  type TokenSpec,
} from "./objects/service-account-tokens.ts";
export { InformerPodSource, type PodHandler, type PodSource } from "./pods/pod-source.ts";
export { NodeApi } from "./server/node-api.ts";
