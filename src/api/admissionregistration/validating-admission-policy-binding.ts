// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { paramRefText } from "./param-ref-text.ts";
import { validatePolicyBinding } from "./policy-validation.ts";
import { defaultMatchResources } from "./rules-validation.ts";
import type { ValidatingAdmissionPolicyBinding } from "../generated/v1.35/admissionregistration-v1.ts";

/** ValidatingAdmissionPolicyBinding. */
export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  resource: "validatingadmissionpolicybindings",
  singular: "validatingadmissionpolicybinding",
  namespaced: false,
  categories: ["api-extensions"],
  type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  defaults({ spec }) {
    defaultMatchResources(spec?.matchResources);
  },
  validate: (binding) => validatePolicyBinding(binding),
  updateChecks: ["metadata", "object"],
  anyFinalizer: true,
  generation: true,
  allowUnconditionalUpdate: false,
  columns: [
    nameColumn,
    {
      name: "PolicyName",
      type: "string",
      description: "PolicyName indicates the policy definition which the policy binding binded to",
      cell: (o) => o.spec?.policyName ?? "",
    },
    {
      name: "ParamRef",
      type: "string",
      description: "ParamRef indicates the param resource which sets the configuration param",
      cell: (o) => paramRefText(o.spec?.paramRef),
    },
    ageColumn,
  ],
});
