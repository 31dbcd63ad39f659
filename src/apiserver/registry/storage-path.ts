// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";

/** Groups whose resources are built in: they lie right below the root, custom ones below their group. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([
  "",
  "admissionregistration.k8s.io",
  "apps",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Where upstream's names in the store differ from the resource's; error messages show them. */
const UPSTREAM_PATHS: Readonly<Record<string, string>> = {
  "/nodes": "minions",
  "/services": "services/specs",
  "/endpoints": "services/endpoints",
  "/replicationcontrollers": "controllers",
  "networking.k8s.io/ingresses": "ingress",
};

/** Where the objects of a kind are kept: `/registry/pods/`, `/registry/example.com/widgets/`. */
export function storagePrefix(kind: Kind): string {
  const resource = kind.storage?.resource ?? kind.resource;
  if (!BUILT_IN_GROUPS.has(kind.group)) {
    return `/registry/${resource.includes("/") ? resource : `${kind.group}/${resource}`}/`;
  }
  return `/registry/${UPSTREAM_PATHS[`${kind.group}/${resource}`] ?? resource}/`;
}
