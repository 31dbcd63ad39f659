// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, containerImages, containerNames, nameColumn } from "../shared/columns.ts";
import { formatLabelSelector, labelSelectorOf } from "../../apimachinery/index.ts";
import type { Deployment } from "../generated/v1.35/apps-v1.ts";

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
  generation: true,
  status: {},
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata", "labels"]],
  scale: {
    specReplicasPath: ".spec.replicas",
    statusReplicasPath: ".status.replicas",
    selectorText: (o) => labelSelectorOf(o.spec.selector).toString(),
  },
  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      description: "Number of the pod with ready state",
      cell: (o) => `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
    },
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
    {
      name: "Containers",
      type: "string",
      description: "Names of each container in the template.",
      priority: 1,
      cell: (o) => containerNames(o.spec?.template?.spec?.containers),
    },
    {
      name: "Images",
      type: "string",
      description: "Images referenced by each container in the template.",
      priority: 1,
      cell: (o) => containerImages(o.spec?.template?.spec?.containers),
    },
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
