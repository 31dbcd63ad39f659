// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { validatePolicy, validatePolicyStatus } from "./policy-validation.ts";
import { defaultMatchResources } from "./rules-validation.ts";
import type { ValidatingAdmissionPolicy } from "../generated/v1.35/admissionregistration-v1.ts";

/** ValidatingAdmissionPolicy. */
export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  resource: "validatingadmissionpolicies",
  singular: "validatingadmissionpolicy",
  namespaced: false,
  categories: ["api-extensions"],
  type: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  defaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= "Fail";
    defaultMatchResources(spec.matchConstraints);
  },
  validate: (policy) => validatePolicy(policy),
  updateChecks: ["metadata", "change"],
  validateUpdate: (policy, old) => validatePolicy(policy, old),
  anyFinalizer: true,
  generation: true,
  allowUnconditionalUpdate: false,
  status: { validateUpdate: (policy) => validatePolicyStatus(policy), updateChecks: ["change"], createdByApply: true },
  resetFields: [["status"]],
  statusResetFields: [["spec"], ["metadata"]],
  columns: [
    nameColumn,
    {
      name: "Validations",
      type: "integer",
      description: "Validations indicates the number of validation rules defined in this configuration",
      cell: (o) => o.spec?.validations?.length ?? 0,
    },
    {
      name: "ParamKind",
      type: "string",
      description: "ParamKind specifies the kind of resources used to parameterize this policy",
      cell: (o) =>
        o.spec?.paramKind ? `${o.spec.paramKind.apiVersion ?? ""}/${o.spec.paramKind.kind ?? ""}` : "<unset>",
    },
    ageColumn,
  ],
});
