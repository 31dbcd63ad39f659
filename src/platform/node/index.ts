// SPDX-License-Identifier: Apache-2.0

export { enterCluster, findLeftovers, removeCluster, type ClusterLeftovers } from "./cluster-machine.ts";
export { chooseRanges, nodePodRange, usedRanges, type ClusterRanges, type WantedRanges } from "./cluster-ranges.ts";
export { CommandError, machineCommands, type CommandOptions, type Commands } from "./commands.ts";
export { containerdSocket, PAUSE_IMAGE } from "./containerd-config.ts";
export {
  createFabric,
  fabricNode,
  machineAddress,
  removeFabric,
  type Fabric,
  type FabricNode,
  type FabricOptions,
} from "./fabric.ts";
export { buildImageArchive, fullImageName } from "./image-archive.ts";
export type { ImageConfig, ImageFile, ImageOptions } from "./image-archive.ts";
export {
  buildPauseImage,
  ensurePauseImage,
  imageNames,
  importImageBytes,
  importImages,
  type ImageTarget,
} from "./images.ts";
export { ClusterLayout, defaultLayout, type MachineLayout } from "./layout.ts";
export type { ServiceCommand } from "./node-files.ts";
export {
  ensureNode,
  findNode,
  findService,
  nodeServices,
  stopNode,
  type NodeOptions,
  type RunningNode,
} from "./node-process.ts";
