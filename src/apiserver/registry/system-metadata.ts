// SPDX-License-Identifier: Apache-2.0

import type { KubeObject, ObjectMeta } from "../../apimachinery/index.ts";
import { type Random, randomSuffix } from "../../base/index.ts";

const MAX_NAME_LENGTH = 63;
const RANDOM_LENGTH = 5;

/** Erases what only the system sets, as a client may have sent it. */
export function wipeSystemMetadata(meta: ObjectMeta): void {
  delete meta.creationTimestamp;
  delete meta.uid;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
}

/** A name for an object that only has a generateName. */
export const generatedName = (base: string, random: Random): string =>
  `${base.slice(0, MAX_NAME_LENGTH - RANDOM_LENGTH)}${randomSuffix(random, RANDOM_LENGTH)}`;

/** Drops repeated owner references; answers the warning that upstream gives, if any. */
export function dedupOwnerReferences(object: KubeObject, afterAdmission: boolean): string | undefined {
  const references = object.metadata.ownerReferences;
  if (!references || references.length < 2) return undefined;
  const seen = new Set<string>();
  const kept = references.filter((reference) => {
    const key = JSON.stringify([
      reference.apiVersion,
      reference.kind,
      reference.name,
      reference.uid,
      reference.controller ?? null,
      reference.blockOwnerDeletion ?? null,
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (kept.length === references.length) return undefined;
  object.metadata.ownerReferences = kept;
  const uids = [...new Set(duplicated(references.map((reference) => reference.uid)))].join(", ");
  return afterAdmission
    ? `.metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`
    : `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`;
}

const duplicated = (values: readonly string[]): string[] => values.filter((value, i) => values.indexOf(value) !== i);
