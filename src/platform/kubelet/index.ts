// SPDX-License-Identifier: Apache-2.0

export { containerLogs } from "./container-logs.ts";
export { containerProbes } from "./container-probes.ts";
export { hostInfo, type HostOptions } from "./host-info.ts";
export { NodeCgroups } from "./node-cgroups.ts";
export { NodeHttpsServer, type NodeHttpsServerOptions } from "./node-server.ts";
export { NodeVolumeFiles } from "./volume-files.ts";
