// SPDX-License-Identifier: Apache-2.0

export { join } from "node:path";
export { apiDescriptions } from "./api-descriptions.ts";
export {
  BackendClient,
  HttpsTransport,
  type BackendClientOptions,
  type HttpsTransportOptions,
} from "./http-client/index.ts";
export { ContainerdEvents, CriClient, CriStreams } from "./cri/index.ts";
export { DnsSockets, nameservers, ResolverClient } from "./dns/index.ts";
export { ControlPlaneServer, HttpsServer, type HttpsHandlers } from "./http/index.ts";
export {
  containerLogs,
  containerProbes,
  hostInfo,
  NodeCgroups,
  NodeHttpsServer,
  NodeVolumeFiles,
  type NodeHttpsServerOptions,
} from "./kubelet/index.ts";
export { openLmdbStore, type LmdbStoreOptions } from "./lmdb/index.ts";
export { holdFreePort, type HeldPort } from "./free-port.ts";
export { filesIn, writePrivateFile } from "./machine-files.ts";
export { ConntrackCommand, NftCommand } from "./network/index.ts";
export {
  ClusterLayout,
  createFabric,
  enterCluster,
  ensureNode,
  ensurePauseImage,
  findLeftovers,
  findNode,
  importImages,
  machineAddress,
  machineCommands,
  nodeServices,
  removeCluster,
  CommandError,
  containerdSocket,
  type ClusterRanges,
  type Fabric,
  type FabricNode,
  type RunningNode,
} from "./node/index.ts";
export { ensurePackages } from "./setup/debian-packages.ts";
export { jsonLogger } from "./time/json-logger.ts";
export { macrotask, RealClock } from "./time/real-clock.ts";
export { RealRandom } from "./time/real-random.ts";
export { releaseMemoryAfterStart } from "./time/release-memory.ts";
export {
  createTokenKey,
  needsRenewal,
  openPki,
  readPki,
  Pki,
  renewalTimeMs,
  tokenSigner,
  tokenVerifier,
  type CertificateAndKey,
  type PkiFiles,
} from "./x509/index.ts";
export { processFigures } from "./process-figures.ts";
