// SPDX-License-Identifier: Apache-2.0

import { equalJson } from "../json-value.ts";
import type { DeepReadonly, KubeObject, ManagedFieldsEntry } from "../object.ts";

/**
 * Puts the times of managed fields back where a write changed nothing else, so that it is no write at all. Call it last,
 * after admission and the strategy; changes `object` only.
 */
export function revertTimesOfNoChange(object: KubeObject, live: DeepReadonly<KubeObject>): void {
  const entries = object.metadata.managedFields;
  const before = live.metadata.managedFields as readonly ManagedFieldsEntry[] | undefined;
  if (!entries?.length || entries.length !== before?.length) return;
  if (entries.every((entry, i) => entry.time === before[i]!.time)) return;
  if (!entries.every((entry, i) => equalButTime(entry, before[i]!))) return;
  if (!equalButManagers(object, live)) return;
  object.metadata.managedFields = [...before];
}

const equalButTime = (left: ManagedFieldsEntry, right: ManagedFieldsEntry): boolean =>
  equalJson({ ...left, time: undefined }, { ...right, time: undefined });

const equalButManagers = (left: KubeObject, right: DeepReadonly<KubeObject>): boolean =>
  equalJson({ ...left, metadata: undefined }, { ...right, metadata: undefined }) &&
  equalJson({ ...left.metadata, managedFields: undefined }, { ...right.metadata, managedFields: undefined });
