// SPDX-License-Identifier: Apache-2.0

export { Client } from "./client.ts";
export { Discovery, type ServedResource } from "./discovery.ts";
export { EventCorrelator, EVENT_CACHE_ENTRIES_MAX, type Correlation } from "./event-correlator.ts";
export { EventRecorder, EVENT_QUEUE_MAX, type EventRecorderOptions, type EventType } from "./event-recorder.ts";
export { EventsV1Recorder, type EventsV1RecorderOptions, type EventText } from "./events-v1-recorder.ts";
export { InformerFactory, type InformerFactoryOptions } from "./informer-factory.ts";
export { Informer, type InformerHandler, type InformerOptions } from "./informer.ts";
export { createInProcessTransport, IN_PROCESS_BUFFER_BYTES_MAX } from "./in-process-transport.ts";
export { LeaderElector, type LeaderElectorOptions } from "./leader-elector.ts";
export type { IndexFunction, Lister } from "./lister.ts";
export { ObjectCache } from "./object-cache.ts";
export { keyOf, objectKey, splitKey, type ObjectKey } from "./object-key.ts";
export { objectReferenceTo } from "./object-reference.ts";
export { Reflector, type ReflectorOptions, type ReflectorTarget, type Selection } from "./reflector.ts";
export type { Requester, RequestOptions } from "./requester.ts";
export {
  ResourceClient,
  type DeleteOptions,
  type ListOptions,
  type ObjectForm,
  type PatchOptions,
  type PatchType,
  type ReadOptions,
  type Scale,
  type TokenRequest,
  type TokenRequestSpec,
  type WatchOptions,
  type WriteOptions,
} from "./resource-client.ts";
export {
  apiVersionOf,
  collectionPath,
  objectPath,
  type ApiObject,
  type Cached,
  type CachedObject,
  type ResourceReference,
  type Stored,
  type StoredMeta,
} from "./resource-reference.ts";
export {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  CORE_EVENTS,
  CRON_JOBS,
  CUSTOM_RESOURCE_DEFINITIONS,
  DAEMON_SETS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  HORIZONTAL_POD_AUTOSCALERS,
  INGRESSES,
  IP_ADDRESSES,
  JOBS,
  LEASES,
  LIMIT_RANGES,
  NAMESPACES,
  NETWORK_POLICIES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  POD_TEMPLATES,
  PODS,
  PRIORITY_CLASSES,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  RESOURCE_QUOTAS,
  ROLE_BINDINGS,
  ROLES,
  RUNTIME_CLASSES,
  SECRETS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_REVIEWS,
  SERVICE_ACCOUNTS,
  SERVICE_CIDRS,
  SERVICES,
  STATEFUL_SETS,
  STORAGE_CLASSES,
  SUBJECT_ACCESS_REVIEWS,
  TOKEN_REVIEWS,
} from "./resources.ts";
export {
  DONE,
  requeueAfter,
  runReconciler,
  type Outcome,
  type Reconciler,
  type RunReconcilerOptions,
} from "./run-reconciler.ts";
export { ownedChunks } from "./transport.ts";
export type {
  ApiBody,
  ApiHandler,
  ApiRequest,
  ApiResponse,
  ByteSink,
  ClientRequest,
  ClientResponse,
  Peer,
  Transport,
} from "./transport.ts";
export { decodeWatchBatches, decodeWatchEvents, WATCH_FRAME_BYTES_MAX, type WatchEvent } from "./watch-event.ts";
export { WORK_QUEUE_KEYS_MAX, WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
