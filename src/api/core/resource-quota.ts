// SPDX-License-Identifier: Apache-2.0

import { validateQuota, validateQuotaStatus, validateQuotaUpdate } from "./resource-quota-validation.ts";
import { roundToMilli } from "../shared/resources.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { ResourceQuota } from "../generated/v1.35/core-v1.ts";

function usageText(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  return Object.keys(hard)
    .filter((name) => name.startsWith("limits.") === limits)
    .sort()
    .map((name) => `${name}: ${quota.status?.used?.[name] ?? "0"}/${hard[name]}`)
    .join(", ");
}

/** ResourceQuota. */
export const resourceQuota = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  resource: "resourcequotas",
  singular: "resourcequota",
  namespaced: true,
  shortNames: ["quota"],
  type: "io.k8s.api.core.v1.ResourceQuota",
  defaults({ spec, status }) {
    for (const amounts of [spec?.hard, status?.hard, status?.used]) roundToMilli(amounts);
  },
  validate: validateQuota,
  validateUpdate: validateQuotaUpdate,
  updateChecks: ["metadata change", "change"],
  returnDeletedObject: true,
  status: { validateUpdate: (quota) => validateQuotaStatus(quota.status ?? {}) },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Request",
      type: "string",
      description: "Request represents a minimum amount of cpu/memory that a container may consume.",
      cell: (o) => usageText(o, false),
    },
    {
      name: "Limit",
      type: "string",
      description:
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
      cell: (o) => usageText(o, true),
    },
    ageColumn,
  ],
});
