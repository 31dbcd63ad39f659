// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { groupVersionPriority } from "../bootstrap/api-service-objects.ts";
import { sha256 } from "./sha256.ts";
import { subresourcesOf } from "./special-subresources.ts";

const USUAL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

export const verbsOf = (kind: Kind): readonly string[] => kind.verbs ?? USUAL_VERBS;

const byName = (a: Kind, b: Kind): number => (a.resource < b.resource ? -1 : 1);

/** One served version of a group with its kinds, in order of name. */
export interface VersionOfGroup {
  readonly version: string;
  readonly kinds: readonly Kind[];
}

/** A served group and its versions, the preferred one first. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly VersionOfGroup[];
}

/** Kubernetes' order of versions: stable before beta before alpha, then the newer one first, then by text. */
export function compareVersions(a: string, b: string): number {
  const parse = (text: string) => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text);
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : 1;
  const stage = (match: RegExpExecArray): number => (match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0);
  return stage(y) - stage(x) || Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0);
}

/** Groups in the order in which discovery lists them: by priority, then by name. */
export function servedGroups(kinds: readonly Kind[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, Kind[]>();
    groups.set(kind.group, versions);
    const list = versions.get(kind.version) ?? [];
    versions.set(kind.version, list);
    list.push(kind);
  }
  const priority = ({ name, versions }: ServedGroup): number =>
    name === "apiregistration.k8s.io"
      ? Number.POSITIVE_INFINITY
      : Math.max(
          ...versions.map(({ version }) => groupVersionPriority(name ? `${name}/${version}` : `/${version}`)[0]),
        );
  return [...groups]
    .map(([name, versions]) => ({
      name,
      versions: [...versions]
        .map(([version, list]) => ({ version, kinds: list.sort(byName) }))
        .sort((a, b) => compareVersions(a.version, b.version)),
    }))
    .sort((a, b) => priority(b) - priority(a) || (a.name < b.name ? -1 : 1));
}

/** Kinds that upstream still encodes in an older version than the one that it prefers: clients compare the hash. */
const ENCODED_OLDER: Readonly<Record<string, string>> = {
  "apiextensions.k8s.io/CustomResourceDefinition": "v1beta1",
  "storage.k8s.io/VolumeAttributesClass": "v1beta1",
};

/** How a client tells that two servers store a resource alike: a digest of the stored kind's name. */
const storageVersionHash = ({ group, version, kind }: Kind): string =>
  sha256(new TextEncoder().encode(`${group}/${ENCODED_OLDER[`${group}/${kind}`] ?? version}/${kind}`))
    .subarray(0, 8)
    .toBase64();

const isStored = (kind: Kind): boolean => !kind.virtual && verbsOf(kind).includes("create");

function resourceEntry(kind: Kind, storedAs: Kind): Record<string, unknown> {
  return {
    name: kind.resource,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...(kind.shortNames ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories ? { categories: kind.categories } : {}),
    ...(isStored(kind) ? { storageVersionHash: storageVersionHash(storedAs) } : {}),
  };
}

const subresourceEntries = (kind: Kind): Record<string, unknown>[] =>
  subresourcesOf(kind).map((sub) => ({
    name: `${kind.resource}/${sub.name}`,
    singularName: "",
    namespaced: kind.namespaced,
    ...(sub.group ? { group: sub.group, version: sub.version } : {}),
    kind: sub.kind,
    verbs: sub.verbs,
  }));

/** APIResourceList of a group version. `storedAs` gives the kind in the version in which its objects are stored. */
export function resourceList(group: string, { version, kinds }: VersionOfGroup, storedAs: (kind: Kind) => Kind) {
  return {
    kind: "APIResourceList",
    ...(group ? { apiVersion: "v1" } : {}),
    groupVersion: group ? `${group}/${version}` : version,
    resources: kinds.flatMap((kind) => [resourceEntry(kind, storedAs(kind)), ...subresourceEntries(kind)]),
  };
}

const groupVersionEntry = (name: string, version: string) => ({ groupVersion: `${name}/${version}`, version });

const groupFields = ({ name, versions }: ServedGroup) => ({
  name,
  versions: versions.map(({ version }) => groupVersionEntry(name, version)),
  preferredVersion: groupVersionEntry(name, versions[0]!.version),
});

/** APIGroup. */
export const groupObject = (group: ServedGroup) => ({ kind: "APIGroup", apiVersion: "v1", ...groupFields(group) });

/** APIGroupList of everything but the core group. */
export const groupList = (groups: readonly ServedGroup[]) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groups.filter(({ name }) => name !== "").map(groupFields),
});

/** APIVersions of the core group. */
export const coreVersions = (groups: readonly ServedGroup[], serverAddress: string) => ({
  kind: "APIVersions",
  versions: (groups.find(({ name }) => name === "")?.versions ?? []).map(({ version }) => version),
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
});
