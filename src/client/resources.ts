// SPDX-License-Identifier: Apache-2.0

import type { ResourceReference } from "./resource-reference.ts";

const namespaced = (group: string, version: string, resource: string, kind: string): ResourceReference => ({
  group,
  version,
  resource,
  kind,
  namespaced: true,
});
const clusterScoped = (group: string, version: string, resource: string, kind: string): ResourceReference => ({
  group,
  version,
  resource,
  kind,
  namespaced: false,
});

/** The references of the built-in kinds, named in capitals as their resources are. */
export const CONFIG_MAPS = namespaced("", "v1", "configmaps", "ConfigMap");
export const ENDPOINTS = namespaced("", "v1", "endpoints", "Endpoints");
export const CORE_EVENTS = namespaced("", "v1", "events", "Event");
export const LIMIT_RANGES = namespaced("", "v1", "limitranges", "LimitRange");
export const NAMESPACES = clusterScoped("", "v1", "namespaces", "Namespace");
export const NODES = clusterScoped("", "v1", "nodes", "Node");
export const PERSISTENT_VOLUME_CLAIMS = namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
export const PERSISTENT_VOLUMES = clusterScoped("", "v1", "persistentvolumes", "PersistentVolume");
export const PODS = namespaced("", "v1", "pods", "Pod");
export const POD_TEMPLATES = namespaced("", "v1", "podtemplates", "PodTemplate");
export const REPLICATION_CONTROLLERS = namespaced("", "v1", "replicationcontrollers", "ReplicationController");
export const RESOURCE_QUOTAS = namespaced("", "v1", "resourcequotas", "ResourceQuota");
export const SECRETS = namespaced("", "v1", "secrets", "Secret");
export const SERVICE_ACCOUNTS = namespaced("", "v1", "serviceaccounts", "ServiceAccount");
export const SERVICES = namespaced("", "v1", "services", "Service");

export const CONTROLLER_REVISIONS = namespaced("apps", "v1", "controllerrevisions", "ControllerRevision");
export const DAEMON_SETS = namespaced("apps", "v1", "daemonsets", "DaemonSet");
export const DEPLOYMENTS = namespaced("apps", "v1", "deployments", "Deployment");
export const REPLICA_SETS = namespaced("apps", "v1", "replicasets", "ReplicaSet");
export const STATEFUL_SETS = namespaced("apps", "v1", "statefulsets", "StatefulSet");

export const HORIZONTAL_POD_AUTOSCALERS = namespaced(
  "autoscaling",
  "v2",
  "horizontalpodautoscalers",
  "HorizontalPodAutoscaler",
);
export const CRON_JOBS = namespaced("batch", "v1", "cronjobs", "CronJob");
export const JOBS = namespaced("batch", "v1", "jobs", "Job");
export const CERTIFICATE_SIGNING_REQUESTS = clusterScoped(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "CertificateSigningRequest",
);
export const LEASES = namespaced("coordination.k8s.io", "v1", "leases", "Lease");
export const ENDPOINT_SLICES = namespaced("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
export const EVENTS = namespaced("events.k8s.io", "v1", "events", "Event");
export const INGRESSES = namespaced("networking.k8s.io", "v1", "ingresses", "Ingress");
export const IP_ADDRESSES = clusterScoped("networking.k8s.io", "v1", "ipaddresses", "IPAddress");
export const NETWORK_POLICIES = namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
export const SERVICE_CIDRS = clusterScoped("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR");
export const RUNTIME_CLASSES = clusterScoped("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
export const POD_DISRUPTION_BUDGETS = namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");
export const CLUSTER_ROLE_BINDINGS = clusterScoped(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterrolebindings",
  "ClusterRoleBinding",
);
export const CLUSTER_ROLES = clusterScoped("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
export const ROLE_BINDINGS = namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
export const ROLES = namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role");
export const PRIORITY_CLASSES = clusterScoped("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
export const STORAGE_CLASSES = clusterScoped("storage.k8s.io", "v1", "storageclasses", "StorageClass");
export const SELF_SUBJECT_REVIEWS = clusterScoped(
  "authentication.k8s.io",
  "v1",
  "selfsubjectreviews",
  "SelfSubjectReview",
);
export const TOKEN_REVIEWS = clusterScoped("authentication.k8s.io", "v1", "tokenreviews", "TokenReview");
export const SELF_SUBJECT_ACCESS_REVIEWS = clusterScoped(
  "authorization.k8s.io",
  "v1",
  "selfsubjectaccessreviews",
  "SelfSubjectAccessReview",
);
export const SUBJECT_ACCESS_REVIEWS = clusterScoped(
  "authorization.k8s.io",
  "v1",
  "subjectaccessreviews",
  "SubjectAccessReview",
);
export const CUSTOM_RESOURCE_DEFINITIONS = clusterScoped(
  "apiextensions.k8s.io",
  "v1",
  "customresourcedefinitions",
  "CustomResourceDefinition",
);
