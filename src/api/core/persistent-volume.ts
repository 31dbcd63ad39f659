// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { accessModesText, BETA_STORAGE_CLASS } from "../shared/storage-text.ts";
import type { PersistentVolume } from "../generated/v1.35/core-v1.ts";

/** PersistentVolume. */
export const persistentVolume = defineKind<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  resource: "persistentvolumes",
  singular: "persistentvolume",
  namespaced: false,
  shortNames: ["pv"],
  type: "io.k8s.api.core.v1.PersistentVolume",
  ownMetadataChecks: "both",
  returnDeletedObject: true,
  status: {},
  resetFields: [["status"]],
  selectableFields: {
    name: (volume) => volume.metadata.name ?? "",
  },
  columns: [
    nameColumn,
    {
      name: "Capacity",
      type: "string",
      description:
        "capacity is the description of the persistent volume's resources and capacity. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#capacity",
      cell: (o) => o.spec?.capacity?.["storage"] ?? "0",
    },
    {
      name: "Access Modes",
      type: "string",
      description:
        "accessModes contains all ways the volume can be mounted. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes",
      cell: (o) => accessModesText(o.spec?.accessModes),
    },
    {
      name: "Reclaim Policy",
      type: "string",
      description:
        "persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim. Valid options are Retain (default for manually created PersistentVolumes), Delete (default for dynamically provisioned PersistentVolumes), and Recycle (deprecated). Recycle must be supported by the volume plugin underlying this PersistentVolume. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#reclaiming",
      cell: (o) => o.spec?.persistentVolumeReclaimPolicy ?? "",
    },
    {
      name: "Status",
      type: "string",
      description:
        "phase indicates if a volume is available, bound to a claim, or released by a claim. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#phase",
      cell: (o) => (o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? "")),
    },
    {
      name: "Claim",
      type: "string",
      description:
        "claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding",
      cell: (o) => (o.spec?.claimRef ? `${o.spec.claimRef.namespace ?? ""}/${o.spec.claimRef.name ?? ""}` : ""),
    },
    {
      name: "StorageClass",
      type: "string",
      description: "StorageClass of the pv",
      cell: (o) => o.metadata.annotations?.[BETA_STORAGE_CLASS] ?? o.spec?.storageClassName ?? "",
    },
    {
      name: "VolumeAttributesClass",
      type: "string",
      description: "VolumeAttributesClass of the pv",
      cell: (o) => o.spec?.volumeAttributesClassName ?? "<unset>",
    },
    {
      name: "Reason",
      type: "string",
      description:
        "reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.",
      cell: (o) => o.status?.reason ?? "",
    },
    ageColumn,
    {
      name: "VolumeMode",
      type: "string",
      description:
        "volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state. Value of Filesystem is implied when not included in spec.",
      priority: 1,
      cell: (o) => o.spec?.volumeMode ?? "<unset>",
    },
  ],
});
