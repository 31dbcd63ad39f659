// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "../../apimachinery/index.ts";
import { apiVersionOf, type KindRegistry } from "../registry/index.ts";
import { packageOf } from "./shape-forms.ts";

/** kind and apiVersion as a body states them; empty where it does not. */
export interface Identity {
  readonly kind: string;
  readonly apiVersion: string;
}

/** What a path expects. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const splitApiVersion = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

/** Kinds that every version of every group knows. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
]);

/** Kinds of the core version that nobody stores. */
const CORE: ReadonlySet<string> = new Set([
  "APIGroup",
  "APIGroupList",
  "APIResourceList",
  "APIVersions",
  "List",
  "PodStatusResult",
  "RangeAllocation",
  "SerializedReference",
  "Status",
]);

const LIST = /List$/;

function isRegistered({ group, version }: { group: string; version: string }, kind: string, kinds: KindRegistry) {
  if (kinds.findByKind(group, version, kind) || kinds.findByKind(group, version, kind.replace(LIST, ""))) return true;
  if (EVERYWHERE.has(kind)) return kinds.hasGroupVersion(group, version);
  return group === "" && version === "v1" && CORE.has(kind);
}

/** Of a body that says it is something else: why it cannot be what the path expects. */
export interface IdentityProblem {
  readonly type: "group version" | "other version" | "other kind";
  readonly why: string;
}

/** undefined: it is what the path expects, or says nothing. */
export function identityProblem(
  stated: Identity,
  expected: ExpectedKind,
  kinds: KindRegistry,
): IdentityProblem | undefined {
  const wanted = apiVersionOf(expected);
  const kind = stated.kind || expected.kind;
  const apiVersion = stated.apiVersion || wanted;
  if (kind === expected.kind && apiVersion === wanted) return undefined;
  if (apiVersion.split("/").length > 2) {
    return { type: "group version", why: `unexpected GroupVersion string: ${apiVersion}` };
  }
  const { group, version } = splitApiVersion(apiVersion);
  if (!isRegistered({ group, version }, kind, kinds)) {
    const [quotedKind, quotedVersion] = [goQuote(kind), goQuote(apiVersion)];
    const why = `no kind ${quotedKind} is registered for version ${quotedVersion} in scheme "pkg/runtime/scheme.go:111"`;
    return { type: "other kind", why };
  }
  if (kind === expected.kind && group === expected.group) {
    const why = `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`;
    return { type: "other version", why };
  }
  const target = `${packageOf(expected.group)}.${expected.kind}`;
  return { type: "other kind", why: `converting (${version}.${kind}) to (${target}): unknown conversion` };
}
