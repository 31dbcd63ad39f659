// SPDX-License-Identifier: Apache-2.0

import { validatePodTemplate } from "../shared/pod-template.ts";
import { podTemplateWarnings } from "../shared/pod-warnings.ts";
import { defaultTemplate, dropDisabledTemplateFields, isAsOld } from "../shared/workload.ts";
import type { Errors } from "../validation/checks.ts";
import { equalJson } from "../../apimachinery/index.ts";
import { defineKind } from "../define-kind.ts";
import { nameColumn, templateColumns } from "../shared/columns.ts";
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
  defaults: (podTemplate) => defaultTemplate(podTemplate.template),
  prepareForCreate: (podTemplate) => dropDisabledTemplateFields(podTemplate.template),
  prepareForUpdate: (podTemplate) => dropDisabledTemplateFields(podTemplate.template),
  validate(podTemplate) {
    const errors: Errors = [];
    validatePodTemplate(podTemplate.template ?? {}, "template", errors);
    return errors;
  },
  warnings: (podTemplate, old) =>
    isAsOld(podTemplate, old) ? [] : podTemplateWarnings(podTemplate.template, "template"),
  generation: (podTemplate, old) => !equalJson(podTemplate.template, old.template),
  returnDeletedObject: true,
  columns: [
    nameColumn,
    ...templateColumns<PodTemplate>((o) => o.template, 0),
    {
      name: "Pod Labels",
      type: "string",
      description: "The labels for the pod template.",
      cell: (o) => formatLabels(o.template?.metadata?.labels),
    },
  ],
});
