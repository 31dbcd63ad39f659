// SPDX-License-Identifier: Apache-2.0

import {
  validateStorageClass,
  validateStorageClassUpdate,
  warningsForStorageClass,
} from "./storage-class-validation.ts";
import { isDefaultStorageClass } from "../shared/storage-text.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { StorageClass } from "../generated/v1.35/storage-v1.ts";

/** StorageClass. */
export const storageClass = defineKind<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  resource: "storageclasses",
  singular: "storageclass",
  namespaced: false,
  shortNames: ["sc"],
  type: "io.k8s.api.storage.v1.StorageClass",
  defaults(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
  warnings: warningsForStorageClass,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  returnDeletedObject: true,
  columns: [
    {
      ...nameColumn,
      cell: ({ metadata }) => `${metadata.name}${isDefaultStorageClass(metadata.annotations) ? " (default)" : ""}`,
    },
    {
      name: "Provisioner",
      type: "string",
      description: "provisioner indicates the type of the provisioner.",
      cell: (o) => o.provisioner,
    },
    {
      name: "ReclaimPolicy",
      type: "string",
      description:
        "reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class. Defaults to Delete.",
      cell: (o) => o.reclaimPolicy ?? "Delete",
    },
    {
      name: "VolumeBindingMode",
      type: "string",
      description:
        "volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  When unset, VolumeBindingImmediate is used. This field is only honored by servers that enable the VolumeScheduling feature.",
      cell: (o) => o.volumeBindingMode ?? "Immediate",
    },
    {
      name: "AllowVolumeExpansion",
      type: "string",
      description: "allowVolumeExpansion shows whether the storage class allow volume expand.",
      cell: (o) => o.allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
});
