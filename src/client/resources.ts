// SPDX-License-Identifier: Apache-2.0

import type {
  CertificateSigningRequest,
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  ControllerRevision,
  CronJob,
  CustomResourceDefinition,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Endpoints,
  Event,
  EventsV1Event,
  HorizontalPodAutoscaler,
  IPAddress,
  Ingress,
  Job,
  Lease,
  LimitRange,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PodTemplate,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Role,
  RoleBinding,
  RuntimeClass,
  Secret,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  Service,
  ServiceAccount,
  ServiceCIDR,
  StatefulSet,
  StorageClass,
  SubjectAccessReview,
  TokenReview,
} from "../api/index.ts";
import type { ApiObject, ResourceReference } from "./resource-reference.ts";

const namespaced = <T extends ApiObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
): ResourceReference<T> => ({
  group,
  version,
  resource,
  kind,
  namespaced: true,
});
const clusterScoped = <T extends ApiObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
): ResourceReference<T> => ({
  group,
  version,
  resource,
  kind,
  namespaced: false,
});

/** The references of the built-in kinds, named in capitals as their resources are. */
export const CONFIG_MAPS = namespaced<ConfigMap>("", "v1", "configmaps", "ConfigMap");
export const ENDPOINTS = namespaced<Endpoints>("", "v1", "endpoints", "Endpoints");
export const CORE_EVENTS = namespaced<Event>("", "v1", "events", "Event");
export const LIMIT_RANGES = namespaced<LimitRange>("", "v1", "limitranges", "LimitRange");
export const NAMESPACES = clusterScoped<Namespace>("", "v1", "namespaces", "Namespace");
export const NODES = clusterScoped<Node>("", "v1", "nodes", "Node");
export const PERSISTENT_VOLUME_CLAIMS = namespaced<PersistentVolumeClaim>(
  "",
  "v1",
  "persistentvolumeclaims",
  "PersistentVolumeClaim",
);
export const PERSISTENT_VOLUMES = clusterScoped<PersistentVolume>("", "v1", "persistentvolumes", "PersistentVolume");
export const PODS = namespaced<Pod>("", "v1", "pods", "Pod");
export const POD_TEMPLATES = namespaced<PodTemplate>("", "v1", "podtemplates", "PodTemplate");
export const REPLICATION_CONTROLLERS = namespaced<ReplicationController>(
  "",
  "v1",
  "replicationcontrollers",
  "ReplicationController",
);
export const RESOURCE_QUOTAS = namespaced<ResourceQuota>("", "v1", "resourcequotas", "ResourceQuota");
export const SECRETS = namespaced<Secret>("", "v1", "secrets", "Secret");
export const SERVICE_ACCOUNTS = namespaced<ServiceAccount>("", "v1", "serviceaccounts", "ServiceAccount");
export const SERVICES = namespaced<Service>("", "v1", "services", "Service");

export const CONTROLLER_REVISIONS = namespaced<ControllerRevision>(
  "apps",
  "v1",
  "controllerrevisions",
  "ControllerRevision",
);
export const DAEMON_SETS = namespaced<DaemonSet>("apps", "v1", "daemonsets", "DaemonSet");
export const DEPLOYMENTS = namespaced<Deployment>("apps", "v1", "deployments", "Deployment");
export const REPLICA_SETS = namespaced<ReplicaSet>("apps", "v1", "replicasets", "ReplicaSet");
export const STATEFUL_SETS = namespaced<StatefulSet>("apps", "v1", "statefulsets", "StatefulSet");

export const HORIZONTAL_POD_AUTOSCALERS = namespaced<HorizontalPodAutoscaler>(
  "autoscaling",
  "v2",
  "horizontalpodautoscalers",
  "HorizontalPodAutoscaler",
);
export const CRON_JOBS = namespaced<CronJob>("batch", "v1", "cronjobs", "CronJob");
export const JOBS = namespaced<Job>("batch", "v1", "jobs", "Job");
export const CERTIFICATE_SIGNING_REQUESTS = clusterScoped<CertificateSigningRequest>(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "CertificateSigningRequest",
);
export const LEASES = namespaced<Lease>("coordination.k8s.io", "v1", "leases", "Lease");
export const ENDPOINT_SLICES = namespaced<EndpointSlice>("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
export const EVENTS = namespaced<EventsV1Event>("events.k8s.io", "v1", "events", "Event");
export const INGRESSES = namespaced<Ingress>("networking.k8s.io", "v1", "ingresses", "Ingress");
export const IP_ADDRESSES = clusterScoped<IPAddress>("networking.k8s.io", "v1", "ipaddresses", "IPAddress");
export const NETWORK_POLICIES = namespaced<NetworkPolicy>(
  "networking.k8s.io",
  "v1",
  "networkpolicies",
  "NetworkPolicy",
);
export const SERVICE_CIDRS = clusterScoped<ServiceCIDR>("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR");
export const RUNTIME_CLASSES = clusterScoped<RuntimeClass>("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
export const POD_DISRUPTION_BUDGETS = namespaced<PodDisruptionBudget>(
  "policy",
  "v1",
  "poddisruptionbudgets",
  "PodDisruptionBudget",
);
export const CLUSTER_ROLE_BINDINGS = clusterScoped<ClusterRoleBinding>(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterrolebindings",
  "ClusterRoleBinding",
);
export const CLUSTER_ROLES = clusterScoped<ClusterRole>(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterroles",
  "ClusterRole",
);
export const ROLE_BINDINGS = namespaced<RoleBinding>("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
export const ROLES = namespaced<Role>("rbac.authorization.k8s.io", "v1", "roles", "Role");
export const PRIORITY_CLASSES = clusterScoped<PriorityClass>(
  "scheduling.k8s.io",
  "v1",
  "priorityclasses",
  "PriorityClass",
);
export const STORAGE_CLASSES = clusterScoped<StorageClass>("storage.k8s.io", "v1", "storageclasses", "StorageClass");
export const SELF_SUBJECT_REVIEWS = clusterScoped<SelfSubjectReview>(
  "authentication.k8s.io",
  "v1",
  "selfsubjectreviews",
  "SelfSubjectReview",
);
export const TOKEN_REVIEWS = clusterScoped<TokenReview>("authentication.k8s.io", "v1", "tokenreviews", "TokenReview");
export const SELF_SUBJECT_ACCESS_REVIEWS = clusterScoped<SelfSubjectAccessReview>(
  "authorization.k8s.io",
  "v1",
  "selfsubjectaccessreviews",
  "SelfSubjectAccessReview",
);
export const SUBJECT_ACCESS_REVIEWS = clusterScoped<SubjectAccessReview>(
  "authorization.k8s.io",
  "v1",
  "subjectaccessreviews",
  "SubjectAccessReview",
);
export const CUSTOM_RESOURCE_DEFINITIONS = clusterScoped<CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "v1",
  "customresourcedefinitions",
  "CustomResourceDefinition",
);
