// SPDX-License-Identifier: Apache-2.0

export { extractApplied } from "./extract-managed.ts";
export {
  ManagedFieldsUpdater,
  type ApplyOptions,
  type ManagedFieldsScope,
  type UpdateOptions,
} from "./managed-fields-updater.ts";
export type { ObjectVersions } from "./object-versions.ts";
export { ScaleManagedFields, type ReplicasPaths } from "./scale-managed-fields.ts";
export { managedFieldsFault } from "./sent-entries.ts";
