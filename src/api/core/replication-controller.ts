// SPDX-License-Identifier: Apache-2.0

import { podTemplateWarnings } from "../shared/pod-warnings.ts";
import { defaultTemplate, dropDisabledTemplateFields, isAsOld, workloadWarnings } from "../shared/workload.ts";
import { validateController, validateControllerStatus } from "./replication-controller-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, templateColumns } from "../shared/columns.ts";
import { labelSelectorOfSet, nameIsLongName } from "../../apimachinery/index.ts";
import { formatLabels } from "../shared/labels-text.ts";
import type { ReplicationController } from "../generated/v1.35/core-v1.ts";

/** A controller without a selector or labels takes those of its template. */
function defaultController(controller: ReplicationController): void {
  const { spec, metadata } = controller;
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  spec.replicas ??= 1;
  defaultTemplate(spec.template);
}

/** ReplicationController. */
export const replicationController = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  resource: "replicationcontrollers",
  singular: "replicationcontroller",
  namespaced: true,
  shortNames: ["rc"],
  categories: ["all"],
  type: "io.k8s.api.core.v1.ReplicationController",
  validateName: nameIsLongName,
  defaults: defaultController,
  prepareForCreate: (controller) => dropDisabledTemplateFields(controller.spec.template),
  prepareForUpdate: (controller) => dropDisabledTemplateFields(controller.spec.template),
  validate: validateController,
  // What an update is warned of is the template that it replaces, as upstream does.
  warnings: (controller, old) =>
    !old
      ? workloadWarnings(controller, old)
      : isAsOld(controller, old)
        ? []
        : podTemplateWarnings(old.spec.template, "spec.template"),
  generation: true,
  defaultPropagation: "orphan",
  status: { validateUpdate: validateControllerStatus },
  resetFields: [["status"]],
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.replicas",
    selectorText: (o) => labelSelectorOfSet(o.spec.selector).toString(),
  },
  selectableFields: {
    "status.replicas": (controller) => String(controller.status?.replicas ?? 0),
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    {
      name: "Desired",
      type: "integer",
      description:
        "Replicas is the number of desired replicas. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
      cell: (o) => o.spec?.replicas ?? 0,
    },
    {
      name: "Current",
      type: "integer",
      description:
        "Replicas is the most recently observed number of replicas. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
      cell: (o) => o.status?.replicas ?? 0,
    },
    {
      name: "Ready",
      type: "integer",
      description: "The number of ready replicas for this replication controller.",
      cell: (o) => o.status?.readyReplicas ?? 0,
    },
    ageColumn,
    ...templateColumns<ReplicationController>((o) => o.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "Selector is a label query over pods that should match the Replicas count. If Selector is empty, it is defaulted to the labels present on the Pod template. Label keys and values that must match in order to be controlled by this replication controller, if empty defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      priority: 1,
      cell: (o) => formatLabels(o.spec?.selector),
    },
  ],
});
