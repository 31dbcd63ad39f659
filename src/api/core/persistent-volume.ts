// SPDX-License-Identifier: Apache-2.0

import { nodeSelectorWarnings } from "../shared/node-label-warnings.ts";
import { defaultSharedSources, type SharedSources } from "../shared/volume.ts";
import { validatePersistentVolume, validatePersistentVolumeUpdate } from "./persistent-volume-validation.ts";
import { roundToMilli } from "../shared/resources.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import {
  accessModesText,
  BETA_STORAGE_CLASS,
  BETA_STORAGE_CLASS_WARNING,
  MOUNT_OPTIONS,
} from "../shared/storage-text.ts";
import type { PersistentVolume } from "../generated/v1.35/core-v1.ts";

const DEPRECATED_SOURCES: readonly (readonly [keyof PersistentVolume["spec"], string])[] = [
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

function warningsForVolume(volume: PersistentVolume): string[] {
  const { annotations = {} } = volume.metadata;
  const warnings: string[] = [];
  if (BETA_STORAGE_CLASS in annotations) warnings.push(BETA_STORAGE_CLASS_WARNING);
  if (MOUNT_OPTIONS in annotations)
    warnings.push(
      `metadata.annotations[${MOUNT_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`,
    );
  if (volume.spec.persistentVolumeReclaimPolicy === "Recycle")
    warnings.push(
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    );
  warnings.push(...nodeSelectorWarnings(volume.spec.nodeAffinity?.required, "spec.nodeAffinity.required"));
  for (const [source, message] of DEPRECATED_SOURCES)
    if (volume.spec[source] !== undefined)
      warnings.push(`spec.${source === "storageos" ? "storageOS" : source}: ${message}`);
  return warnings;
}

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
  defaults(volume) {
    const { spec } = volume;
    volume.status ??= {};
    volume.status.phase ||= "Pending";
    roundToMilli(spec.capacity);
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    defaultSharedSources(spec as SharedSources);
  },
  prepareForCreate(volume, context) {
    volume.status = { phase: "Pending", lastPhaseTransitionTime: context.now };
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  updateChecks: ["metadata", "object", "metadata", "change"],
  warnings: warningsForVolume,
  returnDeletedObject: true,
  status: {
    prepareForUpdate({ status = {} }, { status: old = {} }, context) {
      const [given, before] = [status.lastPhaseTransitionTime ?? undefined, old.lastPhaseTransitionTime];
      if (given !== undefined && (given !== before || status.phase === old.phase)) return;
      if (status.phase !== old.phase) status.lastPhaseTransitionTime = context.now;
      else if (before !== undefined) status.lastPhaseTransitionTime = before;
    },
    validateUpdate: () => [],
  },
  resetFields: [["status"]],
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
