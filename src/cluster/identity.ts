// SPDX-License-Identifier: Apache-2.0

import type { Peer } from "../client/index.ts";

/** Who a part is towards the API server: the subject of its certificate. */
export interface Identity {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** The user of the kubeconfig that `up` writes: may do everything. */
export const ADMIN: Identity = { commonName: "kubernetes-admin", organizations: ["system:masters"] };
export const SCHEDULER: Identity = { commonName: "system:kube-scheduler", organizations: [] };
export const CONTROLLER_MANAGER: Identity = { commonName: "system:kube-controller-manager", organizations: [] };
/** The API server itself, towards kubelets. */
export const KUBELET_CLIENT: Identity = {
  commonName: "kube-apiserver-kubelet-client",
  organizations: ["system:masters"],
};

/** A node's Service proxy; its role comes with every cluster. */
export const PROXY: Identity = { commonName: "system:kube-proxy", organizations: [] };
/** A node's DNS server; its role comes with the first real node. */
export const DNS: Identity = { commonName: "knarr:dns", organizations: [] };

/** A node's kubelet. */
export const nodeIdentity = (nodeName: string): Identity => ({
  commonName: `system:node:${nodeName}`,
  organizations: ["system:nodes"],
});

/** A controller acts as its own service account, with its own least role. */
export const controllerIdentity = (name: string): Identity => ({
  commonName: `system:serviceaccount:kube-system:${name}`,
  organizations: ["system:serviceaccounts", "system:serviceaccounts:kube-system"],
});

/** The identity as the peer of a connection that does not leave the process. */
export const inProcessPeer = (identity: Identity): Peer => ({ certificate: identity, address: "in-process" });
