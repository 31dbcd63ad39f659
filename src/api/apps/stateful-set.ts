// SPDX-License-Identifier: Apache-2.0

import { claimSpecWarnings } from "../shared/claim-warnings.ts";
import { defaultClaimSpec } from "../shared/persistent-volume-claim-spec.ts";
import { defaultTemplate, dropDisabledTemplateFields, replicasScale, templateWarnings } from "../shared/workload.ts";
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from "./stateful-set-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, readyColumn, templateColumns } from "../shared/columns.ts";
import { nameIsDnsLabel } from "../../apimachinery/index.ts";
import type { StatefulSet, StatefulSetSpec } from "../generated/v1.35/apps-v1.ts";

const HISTORY = 10;

function defaultUpdateStrategy(spec: StatefulSetSpec): void {
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  if (!updateStrategy.type) {
    updateStrategy.type = "RollingUpdate";
    updateStrategy.rollingUpdate ??= {};
  }
  if (updateStrategy.type === "RollingUpdate" && updateStrategy.rollingUpdate)
    updateStrategy.rollingUpdate.partition ??= 0;
}

/** Fills what a stateful set leaves out. */
function defaultStatefulSet({ spec }: StatefulSet): void {
  spec.podManagementPolicy ||= "OrderedReady";
  defaultUpdateStrategy(spec);
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  retention.whenDeleted ||= "Retain";
  retention.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= HISTORY;
  defaultTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    claim.status ??= {};
    claim.status.phase ||= "Pending";
    if (claim.spec) defaultClaimSpec(claim.spec);
  }
}

/** maxUnavailable is off by default in this version. */
function dropDisabledFields(spec: StatefulSetSpec): void {
  delete spec.updateStrategy?.rollingUpdate?.maxUnavailable;
  dropDisabledTemplateFields(spec.template);
}

function warningsForStatefulSet(set: StatefulSet, old: StatefulSet | undefined): string[] {
  const warnings = templateWarnings(set, old);
  for (const [i, claim] of (set.spec.volumeClaimTemplates ?? []).entries())
    warnings.push(
      ...claimSpecWarnings(
        claim.spec,
        old ? `spec.volumeClaimTemplates[${i}].Spec` : `spec.volumeClaimTemplates[${i}]`,
      ),
    );
  if ((set.spec.revisionHistoryLimit ?? 0) < 0)
    warnings.push(
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    );
  return warnings;
}

/** StatefulSet. */
export const statefulSet = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  resource: "statefulsets",
  singular: "statefulset",
  namespaced: true,
  shortNames: ["sts"],
  categories: ["all"],
  type: "io.k8s.api.apps.v1.StatefulSet",
  validateName: nameIsDnsLabel,
  defaults: defaultStatefulSet,
  prepareForCreate: ({ spec }) => dropDisabledFields(spec),
  prepareForUpdate: ({ spec }) => dropDisabledFields(spec),
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: warningsForStatefulSet,
  generation: true,
  status: { validateUpdate: validateStatefulSetStatus },
  resetFields: [["status"]],
  scale: replicasScale,
  columns: [nameColumn, readyColumn, ageColumn, ...templateColumns<StatefulSet>((o) => o.spec?.template)],
});
