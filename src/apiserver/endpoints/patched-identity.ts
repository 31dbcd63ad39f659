// SPDX-License-Identifier: Apache-2.0

import { goJsonKind, isJsonObject } from "../../apimachinery/index.ts";
import type { KindRegistry } from "../registry/index.ts";
import { type ExpectedKind, identityProblem } from "./body-identity.ts";

/**
 * What is wrong with the kind and apiVersion of a patched object, which is decoded as what it says that it is. An object
 * without apiVersion is "nameless": upstream reads it as its internal type, which has none of the fields.
 */
export type PatchedFault = { readonly nameless: true } | { readonly nameless: false; readonly message: string };

/** Undefined where the patched object is still what it was, or the same kind in another served version. */
export function patchedFault(patched: unknown, own: ExpectedKind, kinds: KindRegistry): PatchedFault | undefined {
  if (!isJsonObject(patched)) return undefined;
  const apiVersion = patched["apiVersion"] ?? "";
  const kind = patched["kind"] ?? "";
  if (typeof apiVersion !== "string") return undecodable("apiVersion", apiVersion);
  if (typeof kind !== "string") return undecodable("kind", kind);
  if (apiVersion === "") return { nameless: true };
  const problem = identityProblem({ kind, apiVersion }, own, kinds);
  if (!problem || problem.type === "other version") return undefined;
  return { nameless: false, message: problem.why };
}

function undecodable(field: string, value: unknown): PatchedFault {
  const why = `json: cannot unmarshal ${goJsonKind(value)} into Go struct field .${field} of type string`;
  return { nameless: false, message: `couldn't get version/kind; json parse error: ${why}` };
}
