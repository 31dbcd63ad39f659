// SPDX-License-Identifier: Apache-2.0

export {
  ManagedFieldsUpdater,
  type ApplyOptions,
  type ManagedFieldsScope,
  type UpdateOptions,
} from "./managed-fields-updater.ts";
export type { ObjectVersions } from "./object-versions.ts";
