// SPDX-License-Identifier: Apache-2.0

import { validateIngressClass, validateIngressClassUpdate } from "./ingress-class-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { IngressClass } from "../generated/v1.35/networking-v1.ts";

function parametersText(ingressClass: IngressClass): string {
  const parameters = ingressClass.spec?.parameters;
  if (!parameters) return "<none>";
  const kind = parameters.apiGroup ? `${parameters.kind}.${parameters.apiGroup}` : parameters.kind;
  return `${kind}/${parameters.name}`;
}

/** IngressClass. */
export const ingressClass = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  resource: "ingressclasses",
  singular: "ingressclass",
  namespaced: false,
  type: "io.k8s.api.networking.v1.IngressClass",
  defaults({ spec }) {
    if (spec.parameters) spec.parameters.scope ??= "Cluster";
  },
  validate: validateIngressClass,
  validateUpdate: validateIngressClassUpdate,
  updateChecks: ["metadata change", "change", "metadata", "object"],
  generation: true,
  columns: [
    nameColumn,
    {
      name: "Controller",
      type: "string",
      description: "Controller that is responsible for handling this class",
      cell: (o) => o.spec?.controller ?? "",
    },
    {
      name: "Parameters",
      type: "string",
      description: "A reference to a resource with additional parameters",
      cell: (o) => parametersText(o),
    },
    ageColumn,
  ],
});
