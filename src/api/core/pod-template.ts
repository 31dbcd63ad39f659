// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { containerImages, containerNames, nameColumn } from "../shared/columns.ts";
import { formatLabels } from "../shared/labels-text.ts";
import type { PodTemplate } from "../generated/v1.35/core-v1.ts";

/** PodTemplate. */
export const podTemplate = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  resource: "podtemplates",
  singular: "podtemplate",
  namespaced: true,
  type: "io.k8s.api.core.v1.PodTemplate",
  generation: true,
  returnDeletedObject: true,
  columns: [
    nameColumn,
    {
      name: "Containers",
      type: "string",
      description: "Names of each container in the template.",
      cell: (o) => containerNames(o.template?.spec?.containers),
    },
    {
      name: "Images",
      type: "string",
      description: "Images referenced by each container in the template.",
      cell: (o) => containerImages(o.template?.spec?.containers),
    },
    {
      name: "Pod Labels",
      type: "string",
      description: "The labels for the pod template.",
      cell: (o) => formatLabels(o.template?.metadata?.labels),
    },
  ],
});
