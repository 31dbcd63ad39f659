// SPDX-License-Identifier: Apache-2.0

export type { AgentConfig } from "./agent-config.ts";
export { ClusterServer, imageFolder, removeFromMachine, type ClusterServerOptions } from "./cluster-server.ts";
export { Cluster, type ClusterOptions, type SimulatedNodeHandle } from "./cluster.ts";
export { runNodeAgent } from "./run-node-agent.ts";
export { ControlPlane, KUBERNETES_VERSION, SERVED_VERSION, type ControlPlaneOptions } from "./control-plane.ts";
export { ADMIN, KUBELET_CLIENT, nodeIdentity, type Identity } from "./identity.ts";
export {
  emptyKubeconfig,
  hasEntry,
  isEmptyKubeconfig,
  withEntry,
  withoutEntry,
  type Kubeconfig,
  type KubeconfigEntry,
} from "./kubeconfig.ts";
