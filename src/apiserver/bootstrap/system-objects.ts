// SPDX-License-Identifier: Apache-2.0

import type { BootstrapObject } from "./bootstrap-object.ts";

const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"] as const;

/** Namespaces that always exist and are made again when they are gone. */
export const namespaceObjects = (): BootstrapObject[] =>
  SYSTEM_NAMESPACES.map((name) => ({
    group: "",
    resource: "namespaces",
    object: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
  }));

const priorityClass = (name: string, value: number, description: string): BootstrapObject => ({
  group: "scheduling.k8s.io",
  resource: "priorityclasses",
  object: {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    description,
  },
});

/** The two priority classes that the system's own pods use. */
export const priorityClassObjects = (): BootstrapObject[] => [
  priorityClass(
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ),
  priorityClass(
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ),
];

/** The range that cluster IPs come from. */
export const serviceCidrObject = (cidrs: readonly string[], now: string): BootstrapObject => ({
  group: "networking.k8s.io",
  resource: "servicecidrs",
  object: {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs },
  },
  status: {
    conditions: [
      {
        type: "Ready",
        status: "True",
        lastTransitionTime: now,
        message: "Kubernetes default Service CIDR is ready",
      },
    ],
  },
  statusManager: "kubernetes-service-cidr-controller",
});

const configMap = (name: string, data: Readonly<Record<string, string>>): BootstrapObject => ({
  group: "",
  resource: "configmaps",
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "kube-system" }, data },
});

/** How extension API servers authenticate clients, and since when the use of legacy tokens is tracked. */
export const systemConfigMaps = (options: {
  readonly clientCa?: string;
  readonly today: string;
}): BootstrapObject[] => [
  ...(options.clientCa
    ? [configMap("extension-apiserver-authentication", { "client-ca-file": options.clientCa })]
    : []),
  configMap("kube-apiserver-legacy-service-account-token-tracking", { since: options.today }),
];
