// SPDX-License-Identifier: Apache-2.0

import { podTemplateWarnings } from "../shared/pod-warnings.ts";
import { defaultTemplate, dropDisabledTemplateFields } from "../shared/workload.ts";
import {
  keepTemplateGeneration,
  noteTemplateGeneration,
  startTemplateGeneration,
  validateDaemonSet,
  validateDaemonSetStatus,
  validateDaemonSetUpdate,
} from "./daemon-set-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, templateColumns } from "../shared/columns.ts";
import { equalJson, formatLabelSelector } from "../../apimachinery/index.ts";
import { formatLabels } from "../shared/labels-text.ts";
import type { DaemonSet } from "../generated/v1.35/apps-v1.ts";

const HISTORY = 10;

/** Fills what a daemon set leaves out. */
function defaultDaemonSet(daemonSet: DaemonSet): void {
  const { spec } = daemonSet;
  spec.updateStrategy ??= {};
  const { updateStrategy } = spec;
  updateStrategy.type ||= "RollingUpdate";
  if (updateStrategy.type === "RollingUpdate") {
    updateStrategy.rollingUpdate ??= {};
    updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= HISTORY;
  defaultTemplate(spec.template);
  noteTemplateGeneration(daemonSet);
}

/** DaemonSet. */
export const daemonSet = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  resource: "daemonsets",
  singular: "daemonset",
  namespaced: true,
  shortNames: ["ds"],
  categories: ["all"],
  type: "io.k8s.api.apps.v1.DaemonSet",
  defaults: defaultDaemonSet,
  prepareForCreate(daemonSet) {
    startTemplateGeneration(daemonSet);
    dropDisabledTemplateFields(daemonSet.spec.template);
  },
  prepareForUpdate(daemonSet, old) {
    dropDisabledTemplateFields(daemonSet.spec.template);
    keepTemplateGeneration(daemonSet, old);
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: (daemonSet, old) =>
    old && equalJson(daemonSet.spec.template, old.spec.template)
      ? []
      : podTemplateWarnings(daemonSet.spec.template, "spec.template"),
  generation: true,
  status: { validateUpdate: validateDaemonSetStatus },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Desired",
      type: "integer",
      description:
        "The total number of nodes that should be running the daemon pod (including nodes correctly running the daemon pod). More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
      cell: (o) => o.status?.desiredNumberScheduled ?? 0,
    },
    {
      name: "Current",
      type: "integer",
      description:
        "The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod. More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/",
      cell: (o) => o.status?.currentNumberScheduled ?? 0,
    },
    {
      name: "Ready",
      type: "integer",
      description:
        "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.",
      cell: (o) => o.status?.numberReady ?? 0,
    },
    {
      name: "Up-to-date",
      type: "integer",
      description: "The total number of nodes that are running updated daemon pod",
      cell: (o) => o.status?.updatedNumberScheduled ?? 0,
    },
    {
      name: "Available",
      type: "integer",
      description:
        "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available (ready for at least spec.minReadySeconds)",
      cell: (o) => o.status?.numberAvailable ?? 0,
    },
    {
      name: "Node Selector",
      type: "string",
      description:
        "NodeSelector is a selector which must be true for the pod to fit on a node. Selector which must match a node's labels for the pod to be scheduled on that node. More info: https://kubernetes.io/docs/concepts/configuration/assign-pod-node/",
      cell: (o) => formatLabels(o.spec?.template?.spec?.nodeSelector),
    },
    ageColumn,
    ...templateColumns<DaemonSet>((o) => o.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "A label query over pods that are managed by the daemon set. Must match in order to be controlled. If empty, defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      priority: 1,
      cell: (o) => formatLabelSelector(o.spec?.selector),
    },
  ],
});
