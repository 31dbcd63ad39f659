// SPDX-License-Identifier: Apache-2.0

export {
  ManagedFieldsUpdater,
  type ApplyOptions,
  type ManagedFieldsScope,
  type ObjectVersions,
  type UpdateOptions,
} from "./managed-fields-updater.ts";
