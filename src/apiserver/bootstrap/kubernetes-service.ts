// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";

const NAMESPACE = "default";
const NAME = "kubernetes";

export interface Advertised {
  readonly address: string;
  readonly port: number;
}

/** The Service by which pods reach the API server: always the first address of the Service range. */
export const kubernetesService = (clusterIp: string, targetPort: number): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: NAME,
    namespace: NAMESPACE,
    labels: { component: "apiserver", provider: "kubernetes" },
  },
  spec: {
    clusterIP: clusterIp,
    ipFamilyPolicy: "SingleStack",
    ports: [{ name: "https", protocol: "TCP", port: 443, targetPort }],
    sessionAffinity: "None",
    type: "ClusterIP",
  },
});

const familyOf = (address: string): "IPv4" | "IPv6" => (address.includes(":") ? "IPv6" : "IPv4");

/** Where the API servers are, as Endpoints. */
export const kubernetesEndpoints = (addresses: readonly string[], port: number): KubeObject => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: {
    name: NAME,
    namespace: NAMESPACE,
    labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
  },
  subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: "https", port, protocol: "TCP" }] }],
});

/** Where the API servers are, as an EndpointSlice. */
export const kubernetesEndpointSlice = (addresses: readonly string[], port: number): KubeObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: {
    name: NAME,
    namespace: NAMESPACE,
    labels: { "kubernetes.io/service-name": NAME },
  },
  addressType: familyOf(addresses[0] ?? ""),
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  ports: [{ name: "https", port, protocol: "TCP" }],
});
