// SPDX-License-Identifier: Apache-2.0

/**
 * Knarr as a library: a Kubernetes cluster in a test, in milliseconds.
 *
 * @example
 * await using cluster = await Cluster.start({ simulatedNodes: 3 });
 * const pods = cluster.client.resource(PODS).namespace("default");
 */
export { Cluster, type ClusterOptions, type SimulatedNodeHandle } from "./cluster/index.ts";
export {
  Client,
  CONFIG_MAPS,
  CORE_EVENTS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  Informer,
  InformerFactory,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  ResourceClient,
  runReconciler,
  SECRETS,
  SERVICE_ACCOUNTS,
  SERVICES,
  WorkQueue,
  type Outcome,
  type Reconciler,
  type ResourceReference,
} from "./client/index.ts";
export { StatusError, type KubeList, type KubeObject, type ObjectMeta, type Status } from "./apimachinery/index.ts";
export type { AdmissionPlugin, ChainPlaces, Filter } from "./apiserver/index.ts";
export type { ProfileOptions } from "./scheduler/index.ts";
export { CycleState, unresolvable, unschedulable } from "./scheduler/index.ts";
export type {
  EnabledPlugin,
  NodeTable,
  Plugin as SchedulerPlugin,
  PluginStatus,
  PodInfo,
} from "./scheduler/index.ts";
export { VirtualClock } from "./simulation/index.ts";
export type {
  ConfigMap,
  Deployment,
  Namespace,
  Node,
  Pod,
  ReplicaSet,
  Secret,
  Service,
  ServiceAccount,
} from "./api/index.ts";
