// SPDX-License-Identifier: Apache-2.0

/** What a node's agent is told when it starts, as JSON in a file that only root reads. PEM texts. */
export interface AgentConfig {
  readonly nodeName: string;
  readonly server: string;
  readonly ca: string;
  readonly client: { readonly certificate: string; readonly key: string };
  /** The Service proxy's identity. */
  readonly proxy: { readonly certificate: string; readonly key: string };
  /** The DNS server's identity. */
  readonly dns: { readonly certificate: string; readonly key: string };
  readonly serving: { readonly certificate: string; readonly key: string };
  readonly address: string;
  readonly nodeRange: string;
  readonly podRange: string;
  readonly podRanges: string;
  readonly serviceRange: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly containerdSocket: string;
  /** The node's folder, in the node and on the machine. */
  readonly folder: string;
  /** The node's cgroup below the root of every hierarchy. */
  readonly cgroup: string;
}

export const CLUSTER_DOMAIN = "cluster.local";
/** Where an agent answers DNS on its node's address; the kube-dns Service leads there. */
export const AGENT_DNS_PORT = 10_053;
export const KUBELET_PORT = 10_250;

/** Address number `offset` of a range: the DNS Service has the tenth, as kubeadm gives it. */
export function addressInRange(range: string, offset: number): string {
  const [base] = range.split("/") as [string];
  let value = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + offset;
  const parts: number[] = [];
  for (let i = 0; i < 4; i++) {
    parts.unshift(value % 256);
    value = Math.floor(value / 256);
  }
  return parts.join(".");
}

export const DNS_ADDRESS_OFFSET = 10;
