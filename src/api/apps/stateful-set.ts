// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, containerImages, containerNames, nameColumn } from "../shared/columns.ts";
import { labelSelectorOf } from "../../apimachinery/index.ts";
import type { StatefulSet } from "../generated/v1.35/apps-v1.ts";

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
  generation: true,
  status: {},
  resetFields: [["status"]],
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
  ],
});
