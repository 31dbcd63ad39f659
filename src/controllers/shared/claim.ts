// SPDX-License-Identifier: Apache-2.0

import { hasReason, isNotFound, type DeepReadonly, type ObjectMeta } from "../../apimachinery/index.ts";
import type { ApiObject, CachedObject, ResourceClient } from "../../client/index.ts";
import { controllerOf, controllerReference } from "../../rules/index.ts";

/** Who claims objects, and by which labels. */
export interface Claimant {
  readonly metadata: DeepReadonly<ObjectMeta>;
  readonly apiVersion: string;
  readonly kind: string;
  /** Whether an object with these labels is wanted. */
  matches(labels: Readonly<Record<string, string>>): boolean;
  /** Reads the claimant afresh; undefined when it is gone or another one has its name. */
  refresh(signal: AbortSignal): Promise<{ readonly metadata: DeepReadonly<ObjectMeta> } | undefined>;
}

/** What a claimant does about an object. */
export type Claim = "keep" | "adopt" | "release" | "ignore";

const NO_LABELS: Readonly<Record<string, string>> = {};

/** Decides what to do about one object of the claimant's namespace. */
export function claimOf(claimant: Claimant, object: CachedObject): Claim {
  const owner = controllerOf(object);
  const matches = claimant.matches(object.metadata.labels ?? NO_LABELS);
  const leaving = claimant.metadata.deletionTimestamp !== undefined;
  if (owner) {
    if (owner.uid !== claimant.metadata.uid) return "ignore";
    if (matches) return "keep";
    return leaving ? "ignore" : "release";
  }
  return !leaving && matches && object.metadata.deletionTimestamp === undefined ? "adopt" : "ignore";
}

/** The objects that are the claimant's, after adopting and releasing what it must. */
export async function claimObjects<T extends ApiObject, C extends CachedObject>(
  claimant: Claimant,
  objects: Iterable<C>,
  options: { readonly client: ResourceClient<T>; readonly signal: AbortSignal },
): Promise<C[]> {
  const claimed: C[] = [];
  let mayAdopt: boolean | undefined;
  for (const object of objects) {
    switch (claimOf(claimant, object)) {
      case "keep":
        claimed.push(object);
        break;
      case "adopt":
        mayAdopt ??= await canAdopt(claimant, options.signal);
        if (mayAdopt && (await adopt(claimant, object, options))) claimed.push(object);
        break;
      case "release":
        await release(claimant, object, options);
        break;
      case "ignore":
    }
  }
  return claimed;
}

/** The cache may be behind: only a claimant that still exists, and stays, may adopt. */
async function canAdopt(claimant: Claimant, signal: AbortSignal): Promise<boolean> {
  const fresh = await claimant.refresh(signal);
  if (!fresh || fresh.metadata.uid !== claimant.metadata.uid) {
    throw new Error(`original ${claimant.kind} ${claimant.metadata.namespace}/${claimant.metadata.name} is gone`);
  }
  return fresh.metadata.deletionTimestamp === undefined;
}

type ClaimOptions<T extends ApiObject> = { readonly client: ResourceClient<T>; readonly signal: AbortSignal };

async function adopt<T extends ApiObject>(
  claimant: Claimant,
  object: CachedObject,
  options: ClaimOptions<T>,
): Promise<boolean> {
  const patch = { metadata: { ownerReferences: [controllerReference(claimant, claimant)], uid: object.metadata.uid } };
  try {
    await patchMetadata(object, patch, options);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function release<T extends ApiObject>(
  claimant: Claimant,
  object: CachedObject,
  options: ClaimOptions<T>,
): Promise<void> {
  const reference = { $patch: "delete", uid: claimant.metadata.uid };
  const patch = { metadata: { ownerReferences: [reference], uid: object.metadata.uid } };
  try {
    await patchMetadata(object, patch, options);
  } catch (error) {
    // Gone, or made anew, or released by somebody else: nothing is left to release.
    if (!isNotFound(error) && !hasReason(error, "Invalid")) throw error;
  }
}

const patchMetadata = <T extends ApiObject>(object: CachedObject, patch: unknown, options: ClaimOptions<T>) =>
  options.client
    .namespace(object.metadata.namespace ?? "")
    .patch(object.metadata.name, "strategic", patch, { signal: options.signal });
