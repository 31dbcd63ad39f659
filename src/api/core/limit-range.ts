// SPDX-License-Identifier: Apache-2.0

import type { LimitRangeItem } from "../generated/v1.35/core-v1.ts";
import { validateLimitRange } from "./limit-range-validation.ts";
import { defineKind } from "../define-kind.ts";
import { roundToMilli } from "../shared/resources.ts";
import { defaultColumns } from "../shared/columns.ts";
import type { LimitRange } from "../generated/v1.35/core-v1.ts";

const AMOUNTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

/** Limits of containers: the default limit is the maximum, the default request the default limit, then the minimum. */
function defaultLimits(limit: LimitRangeItem): void {
  if (limit.type !== "Container") return;
  const limits: Record<string, string> = { ...limit.max, ...limit.default };
  const requests: Record<string, string> = { ...limit.min, ...limits, ...limit.defaultRequest };
  if (Object.keys(limits).length > 0) limit.default = limits;
  if (Object.keys(requests).length > 0) limit.defaultRequest = requests;
}

/** LimitRange. */
export const limitRange = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  resource: "limitranges",
  singular: "limitrange",
  namespaced: true,
  shortNames: ["limits"],
  type: "io.k8s.api.core.v1.LimitRange",
  defaults(range) {
    for (const limit of range.spec?.limits ?? []) {
      defaultLimits(limit);
      for (const name of AMOUNTS) roundToMilli(limit[name]);
    }
  },
  validate: validateLimitRange,
  updateChecks: ["metadata", "object"],
  allowCreateOnUpdate: true,
  columns: defaultColumns,
});
