// SPDX-License-Identifier: Apache-2.0

import { defaultTemplate, dropDisabledTemplateFields, replicasScale, workloadWarnings } from "../shared/workload.ts";
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from "./deployment-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, readyColumn, templateColumns } from "../shared/columns.ts";
import { equalJson, formatLabelSelector } from "../../apimachinery/index.ts";
import type { Deployment } from "../generated/v1.35/apps-v1.ts";

const HISTORY = 10;
const DEADLINE_SECONDS = 600;
const QUARTER = "25%";

/** Fills what a deployment leaves out. */
function defaultDeployment({ spec }: Deployment): void {
  spec.replicas ??= 1;
  spec.strategy ??= {};
  const { strategy } = spec;
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= QUARTER;
    strategy.rollingUpdate.maxSurge ??= QUARTER;
  }
  spec.revisionHistoryLimit ??= HISTORY;
  spec.progressDeadlineSeconds ??= DEADLINE_SECONDS;
  defaultTemplate(spec.template);
}

/** Annotations are copied to the ReplicaSets, so that a change of them counts as one of the spec. */
const isChanged = (deployment: Deployment, old: Deployment): boolean =>
  !equalJson(deployment.spec, old.spec) ||
  !equalJson(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {});

/** Deployment. */
export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  resource: "deployments",
  singular: "deployment",
  namespaced: true,
  shortNames: ["deploy"],
  categories: ["all"],
  type: "io.k8s.api.apps.v1.Deployment",
  defaults: defaultDeployment,
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warnings: workloadWarnings,
  generation: isChanged,
  status: { validateUpdate: validateDeploymentStatus },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata", "labels"]],
  scale: replicasScale,
  columns: [
    nameColumn,
    readyColumn,
    {
      name: "Up-to-date",
      type: "string",
      description:
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
      cell: (o) => o.status?.updatedReplicas ?? 0,
    },
    {
      name: "Available",
      type: "string",
      description:
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
      cell: (o) => o.status?.availableReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns<Deployment>((o) => o.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.",
      priority: 1,
      cell: (o) => formatLabelSelector(o.spec?.selector),
    },
  ],
});
