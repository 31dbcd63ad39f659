// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolumeClaimSpec, TypedLocalObjectReference } from "../generated/v1.35/core-v1.ts";
import { claimSpecWarnings } from "../shared/claim-warnings.ts";
import { defaultClaimSpec } from "../shared/persistent-volume-claim-spec.ts";
import { validateClaim, validateClaimStatusUpdate, validateClaimUpdate } from "./persistent-volume-claim-validation.ts";
import { roundToMilli } from "../shared/resources.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { accessModesText, BETA_STORAGE_CLASS, BETA_STORAGE_CLASS_WARNING } from "../shared/storage-text.ts";
import type { PersistentVolumeClaim } from "../generated/v1.35/core-v1.ts";

/** What the older of the two fields for a source may name where the newer one is not used. */
function isOldSource({ kind, apiGroup }: TypedLocalObjectReference): boolean {
  if (!apiGroup) return kind === "PersistentVolumeClaim";
  return kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io";
}

/** Sources in other namespaces are not served; where one of the two fields is given, both are. */
function normalizeDataSources(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  const isSourceOld = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (!isSourceOld && !spec.dataSourceRef && spec.dataSource && !isOldSource(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (!dataSource && dataSourceRef && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

function warningsForClaim({ metadata, spec }: PersistentVolumeClaim): string[] {
  const isAnnotated = metadata.annotations?.[BETA_STORAGE_CLASS] !== undefined;
  return [...(isAnnotated ? [BETA_STORAGE_CLASS_WARNING] : []), ...claimSpecWarnings(spec, "spec")];
}

/** PersistentVolumeClaim. */
export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  resource: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  namespaced: true,
  shortNames: ["pvc"],
  type: "io.k8s.api.core.v1.PersistentVolumeClaim",
  defaults(claim) {
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ||= "Pending";
    roundToMilli(claim.status.capacity);
    roundToMilli(claim.status.allocatedResources);
  },
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    normalizeDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => normalizeDataSources(claim.spec, old.spec),
  validate: (claim) => validateClaim(claim),
  validateUpdate: validateClaimUpdate,
  updateChecks: ["metadata change", "metadata", "change"],
  warnings: warningsForClaim,
  returnDeletedObject: true,
  status: { validateUpdate: validateClaimStatusUpdate },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "phase represents the current phase of PersistentVolumeClaim.",
      cell: (o) => (o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? "")),
    },
    {
      name: "Volume",
      type: "string",
      description: "volumeName is the binding reference to the PersistentVolume backing this claim.",
      cell: (o) => o.spec?.volumeName ?? "",
    },
    {
      name: "Capacity",
      type: "string",
      description: "capacity represents the actual resources of the underlying volume.",
      cell: (o) => (o.spec?.volumeName ? (o.status?.capacity?.["storage"] ?? "0") : ""),
    },
    {
      name: "Access Modes",
      type: "string",
      description:
        "accessModes contains the actual access modes the volume backing the PVC has. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1",
      cell: (o) => (o.spec?.volumeName ? accessModesText(o.status?.accessModes) : ""),
    },
    {
      name: "StorageClass",
      type: "string",
      description: "StorageClass of the pvc",
      cell: (o) => o.metadata.annotations?.[BETA_STORAGE_CLASS] ?? o.spec?.storageClassName ?? "",
    },
    {
      name: "VolumeAttributesClass",
      type: "string",
      description: "VolumeAttributesClass of the pvc",
      cell: (o) => o.spec?.volumeAttributesClassName ?? "<unset>",
    },
    ageColumn,
    {
      name: "VolumeMode",
      type: "string",
      description:
        "volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.",
      priority: 1,
      cell: (o) => o.spec?.volumeMode ?? "<unset>",
    },
  ],
});
