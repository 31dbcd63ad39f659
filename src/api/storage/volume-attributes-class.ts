// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { VolumeAttributesClass } from "../generated/v1.35/storage-v1.ts";

/** VolumeAttributesClass. */
export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  resource: "volumeattributesclasses",
  singular: "volumeattributesclass",
  namespaced: false,
  shortNames: ["vac"],
  type: "io.k8s.api.storage.v1.VolumeAttributesClass",
  ownMetadataChecks: "both",
  returnDeletedObject: true,
  columns: [
    nameColumn,
    {
      name: "DriverName",
      type: "string",
      description: "Name of the CSI driver This field is immutable.",
      cell: (o) => o.driverName,
    },
    ageColumn,
  ],
});
