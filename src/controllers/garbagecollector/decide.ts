// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, ObjectMeta, OwnerReference } from "../../apimachinery/index.ts";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "./graph.ts";

/** What an owner reference leads to. */
export type OwnerState = "solid" | "absent" | "waitingForDependents";

export interface OwnerFound {
  readonly reference: DeepReadonly<OwnerReference>;
  readonly state: OwnerState;
}

/** What is to be done with an object that may have lost its owners. */
export type GarbageDecision =
  | { readonly type: "keep" }
  /** It has an owner that stays: only the references to the others go. */
  | { readonly type: "dropReferences"; readonly uids: readonly string[] }
  | {
      readonly type: "delete";
      readonly propagation: "Orphan" | "Background" | "Foreground";
      /** It closes a circle with others that wait for each other: its own references must block nobody. */
      readonly unblockOwners: boolean;
    };

/** Decides by the state of its owners what becomes of an object. */
export function decide(
  metadata: DeepReadonly<ObjectMeta>,
  owners: readonly OwnerFound[],
  dependents: { readonly count: number; readonly someWait: boolean },
): GarbageDecision {
  if (owners.length === 0) return { type: "keep" };
  const solid = owners.filter(({ state }) => state === "solid");
  const others = owners.filter(({ state }) => state !== "solid");
  if (solid.length > 0) {
    return others.length === 0
      ? { type: "keep" }
      : { type: "dropReferences", uids: others.map(({ reference }) => reference.uid) };
  }
  const waited = owners.some(({ state }) => state === "waitingForDependents");
  if (waited && dependents.count > 0) {
    return { type: "delete", propagation: "Foreground", unblockOwners: dependents.someWait };
  }
  return { type: "delete", propagation: propagationOf(metadata), unblockOwners: false };
}

/** A deletion that was asked for before in one way goes on in that way. */
function propagationOf({ finalizers = [] }: DeepReadonly<ObjectMeta>): "Orphan" | "Background" | "Foreground" {
  if (finalizers.includes(ORPHAN_FINALIZER)) return "Orphan";
  return finalizers.includes(FOREGROUND_FINALIZER) ? "Foreground" : "Background";
}
