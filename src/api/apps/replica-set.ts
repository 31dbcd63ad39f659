// SPDX-License-Identifier: Apache-2.0

import { defaultTemplate, dropDisabledTemplateFields, replicasScale, workloadWarnings } from "../shared/workload.ts";
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from "./replica-set-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, templateColumns } from "../shared/columns.ts";
import { formatLabelSelector } from "../../apimachinery/index.ts";
import type { ReplicaSet } from "../generated/v1.35/apps-v1.ts";

/** ReplicaSet. */
export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  resource: "replicasets",
  singular: "replicaset",
  namespaced: true,
  shortNames: ["rs"],
  categories: ["all"],
  type: "io.k8s.api.apps.v1.ReplicaSet",
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warnings: workloadWarnings,
  generation: true,
  status: { validateUpdate: validateReplicaSetStatus },
  resetFields: [["status"]],
  scale: replicasScale,
  columns: [
    nameColumn,
    {
      name: "Desired",
      type: "integer",
      description:
        "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
      cell: (o) => o.spec?.replicas ?? 0,
    },
    {
      name: "Current",
      type: "integer",
      description:
        "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
      cell: (o) => o.status?.replicas ?? 0,
    },
    {
      name: "Ready",
      type: "integer",
      description: "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
      cell: (o) => o.status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns<ReplicaSet>((o) => o.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "Selector is a label query over pods that should match the replica count. If the selector is empty, it is defaulted to the labels present on the pod template. Label keys and values that must match in order to be controlled by this replica set. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      priority: 1,
      cell: (o) => formatLabelSelector(o.spec?.selector),
    },
  ],
});
