// SPDX-License-Identifier: Apache-2.0

/** A subresource that one kind has, as discovery shows it. */
export interface SubresourceInfo {
  readonly name: string;
  readonly kind: string;
  /** Group and version of the kind, where they are not the resource's own. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

const READ_CHANGE = ["get", "patch", "update"] as const;
const CONNECT = ["create", "get"] as const;
const PROXY = ["create", "delete", "get", "patch", "update"] as const;

/** Subresources beyond status and scale, by `group/resource`. */
const SPECIAL: Readonly<Record<string, readonly SubresourceInfo[]>> = {
  "/namespaces": [{ name: "finalize", kind: "Namespace", verbs: ["update"] }],
  "/nodes": [{ name: "proxy", kind: "NodeProxyOptions", verbs: PROXY }],
  "/pods": [
    { name: "attach", kind: "PodAttachOptions", verbs: CONNECT },
    { name: "binding", kind: "Binding", verbs: ["create"] },
    { name: "ephemeralcontainers", kind: "Pod", verbs: READ_CHANGE },
    { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
    { name: "exec", kind: "PodExecOptions", verbs: CONNECT },
    { name: "log", kind: "Pod", verbs: ["get"] },
    { name: "portforward", kind: "PodPortForwardOptions", verbs: CONNECT },
    { name: "proxy", kind: "PodProxyOptions", verbs: PROXY },
    { name: "resize", kind: "Pod", verbs: READ_CHANGE },
  ],
  "/serviceaccounts": [
    { name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"] },
  ],
  "/services": [{ name: "proxy", kind: "ServiceProxyOptions", verbs: PROXY }],
  "certificates.k8s.io/certificatesigningrequests": [
    { name: "approval", kind: "CertificateSigningRequest", verbs: READ_CHANGE },
  ],
};

/** The subresources of a resource, status and scale among them, in order of name. */
export function subresourcesOf(resource: {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly status?: unknown;
  readonly scale?: unknown;
}): readonly SubresourceInfo[] {
  const all = [...(SPECIAL[`${resource.group}/${resource.resource}`] ?? [])];
  if (resource.status) all.push({ name: "status", kind: resource.kind, verbs: READ_CHANGE });
  if (resource.scale) {
    all.push({ name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: READ_CHANGE });
  }
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}
