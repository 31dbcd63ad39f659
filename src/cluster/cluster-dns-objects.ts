// SPDX-License-Identifier: Apache-2.0

import { isNotFound } from "../apimachinery/index.ts";
import { type Client, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ENDPOINT_SLICES, SERVICES } from "../client/index.ts";
import { AGENT_DNS_PORT } from "./agent-config.ts";
import { DNS } from "./identity.ts";

const PORTS = [
  { name: "dns", protocol: "UDP", port: 53 },
  { name: "dns-tcp", protocol: "TCP", port: 53 },
] as const;

const LABELS = { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" };

/** Lets the nodes' DNS servers read what they answer from. */
export async function ensureDnsRole(client: Client, { signal }: { signal: AbortSignal }): Promise<void> {
  const verbs = ["list", "watch"];
  const role = {
    apiVersion: "rbac.authorization.k8s.io/v1" as const,
    kind: "ClusterRole" as const,
    metadata: { name: DNS.commonName },
    rules: [
      { apiGroups: [""], resources: ["namespaces", "services"], verbs },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs },
    ],
  };
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1" as const,
    kind: "ClusterRoleBinding" as const,
    metadata: { name: DNS.commonName },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: DNS.commonName },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: DNS.commonName }],
  };
  const options = { signal, fieldManager: "knarr", force: true };
  await client.resource(CLUSTER_ROLES).apply(role, options);
  await client.resource(CLUSTER_ROLE_BINDINGS).apply(binding, options);
}

/** Makes the kube-dns Service, which comes with the first real node; its endpoints are the nodes' own agents. */
export async function ensureDnsService(
  client: Client,
  address: string,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const service = {
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: { name: "kube-dns", namespace: "kube-system", labels: LABELS },
    spec: {
      clusterIP: address,
      // Each node is answered by its own agent.
      internalTrafficPolicy: "Local",
      ports: PORTS.map((port) => ({ ...port, targetPort: AGENT_DNS_PORT })),
    },
  };
  const services = client.resource(SERVICES).namespace("kube-system");
  try {
    await services.get(service.metadata.name, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await services.create(service, { signal });
  }
}

/** Names a node's agent as an endpoint of kube-dns. */
export async function ensureDnsEndpoint(
  client: Client,
  node: { readonly name: string; readonly address: string },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const slice = {
    apiVersion: "discovery.k8s.io/v1" as const,
    kind: "EndpointSlice" as const,
    metadata: {
      name: `kube-dns-${node.name}`,
      namespace: "kube-system",
      labels: { "kubernetes.io/service-name": "kube-dns", "endpointslice.kubernetes.io/managed-by": "knarr" },
    },
    addressType: "IPv4",
    endpoints: [
      {
        addresses: [node.address],
        nodeName: node.name,
        conditions: { ready: true, serving: true, terminating: false },
      },
    ],
    ports: PORTS.map(({ name, protocol }) => ({ name, protocol, port: AGENT_DNS_PORT })),
  };
  const slices = client.resource(ENDPOINT_SLICES).namespace("kube-system");
  await slices.apply(slice, { signal, fieldManager: "knarr", force: true });
}
