// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { CONTENT_TYPES, type Encoding } from "../endpoints/media-types.ts";
import { verbsOf, type ServedGroup } from "./resource-lists.ts";
import { subresourcesOf } from "./special-subresources.ts";

/** The parameters of a media type that ask for all groups at once. */
const WANTED = { g: "apidiscovery.k8s.io", v: "v2", as: "APIGroupDiscoveryList" } as const;

function rangeOf(text: string): { readonly type: string; readonly asks: boolean; readonly quality: number } {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
  const values = new Map(parameters.map((part) => part.split("=", 2).map((half) => half.trim()) as [string, string]));
  const asks = Object.entries(WANTED).every(([name, value]) => values.get(name) === value);
  const quality = Number(values.get("q") ?? 1);
  return { type, asks, quality: Number.isFinite(quality) ? quality : 1 };
}

const ENCODINGS = Object.entries(CONTENT_TYPES) as [Encoding, string][];

/** The form in which a client wants all groups at once; undefined when it does not ask for that. */
export function aggregatedEncoding(accept = ""): Encoding | undefined {
  const ranges = accept.split(",").map(rangeOf);
  ranges.sort((a, b) => b.quality - a.quality);
  for (const { type, asks } of ranges) {
    if (!asks) continue;
    const found = ENCODINGS.find(([, name]) => type === name || type === "*/*" || type === "application/*");
    if (found) return found[0];
  }
  return undefined;
}

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
export const groupDiscoveryList = (groups: readonly ServedGroup[]): Json => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: "apidiscovery.k8s.io/v2",
  metadata: {},
  items: groups.map(groupOf),
});
