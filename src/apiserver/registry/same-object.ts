// SPDX-License-Identifier: Apache-2.0

import { equalJson, type DeepReadonly, type KubeObject, type ManagedFieldsEntry } from "../../apimachinery/index.ts";

const sameEntry = (a: DeepReadonly<ManagedFieldsEntry>, b: DeepReadonly<ManagedFieldsEntry>): boolean =>
  a === b ||
  (a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    a.apiVersion === b.apiVersion &&
    a.fieldsType === b.fieldsType &&
    equalJson(a.fieldsV1, b.fieldsV1));

/** Managed fields but for their times: a write that changes nothing else is no write. */
function sameManagedFields(
  a: readonly DeepReadonly<ManagedFieldsEntry>[] | undefined,
  b: readonly DeepReadonly<ManagedFieldsEntry>[] | undefined,
): boolean {
  if (a === b) return true;
  if ((a?.length ?? 0) !== (b?.length ?? 0)) return false;
  return (a ?? []).every((entry, i) => sameEntry(entry, b![i]!));
}

/** Whether storing `object` over `old` would change nothing but times of managed fields and the revision. */
export function isSameObject(object: DeepReadonly<KubeObject>, old: DeepReadonly<KubeObject>): boolean {
  for (const field in object) {
    if (field !== "metadata" && !equalJson(object[field], old[field])) return false;
  }
  for (const field in old) if (old[field] !== undefined && object[field] === undefined) return false;
  return sameMetadata(object.metadata as Record<string, unknown>, old.metadata as Record<string, unknown>);
}

function sameMetadata(meta: Record<string, unknown>, old: Record<string, unknown>): boolean {
  for (const field in meta) {
    if (field === "managedFields" || field === "resourceVersion") continue;
    if (!equalJson(meta[field], old[field])) return false;
  }
  for (const field in old) {
    if (field === "managedFields" || field === "resourceVersion") continue;
    if (old[field] !== undefined && meta[field] === undefined) return false;
  }
  return sameManagedFields(
    meta["managedFields"] as readonly ManagedFieldsEntry[] | undefined,
    old["managedFields"] as readonly ManagedFieldsEntry[] | undefined,
  );
}
