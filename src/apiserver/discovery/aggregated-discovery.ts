// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { verbsOf, type ServedGroup } from "./resource-lists.ts";
import { subresourcesOf } from "./special-subresources.ts";

type Json = Record<string, unknown>;

const responseKind = (kind: string, group = "", version = ""): Json => ({ group, version, kind });

function resourceOf(kind: Kind): Json {
  const subresources = subresourcesOf(kind).map((sub) => ({
    subresource: sub.name,
    responseKind: responseKind(sub.kind, sub.group, sub.version),
    verbs: sub.verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: responseKind(kind.kind),
    scope: kind.namespaced ? "Namespaced" : "Cluster",
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories ? { categories: kind.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

const groupOf = ({ name, versions }: ServedGroup): Json => ({
  metadata: name ? { name } : {},
  versions: versions.map(({ version, kinds }) => ({
    version,
    resources: kinds.map(resourceOf),
    freshness: "Current",
  })),
});

/** Everything about the given groups in one document: what a client needs to start in one request. */
export const groupDiscoveryList = (groups: readonly ServedGroup[], version: string): Json => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: groups.map(groupOf),
});
