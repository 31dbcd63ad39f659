// SPDX-License-Identifier: Apache-2.0

import { validateBudgetStatus, validateDisruptionBudget } from "./pod-disruption-budget-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { PodDisruptionBudget } from "../generated/v1.35/policy-v1.ts";

/** PodDisruptionBudget. */
export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  resource: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  namespaced: true,
  shortNames: ["pdb"],
  type: "io.k8s.api.policy.v1.PodDisruptionBudget",
  validate: validateDisruptionBudget,
  onlyRegistryChecksMetadata: true,
  anyFinalizer: true,
  updateChecks: ["object", "change"],
  generation: true,
  allowUnconditionalUpdate: false,
  status: { validateUpdate: validateBudgetStatus },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Min Available",
      type: "string",
      description: "The minimum number of pods that must be available.",
      cell: (o) => (o.spec?.minAvailable === undefined ? "N/A" : String(o.spec.minAvailable)),
    },
    {
      name: "Max Unavailable",
      type: "string",
      description: "The maximum number of pods that may be unavailable.",
      cell: (o) => (o.spec?.maxUnavailable === undefined ? "N/A" : String(o.spec.maxUnavailable)),
    },
    {
      name: "Allowed Disruptions",
      type: "integer",
      description: "Calculated number of pods that may be disrupted at this time.",
      cell: (o) => o.status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
});
