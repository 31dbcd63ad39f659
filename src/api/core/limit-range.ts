// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { defaultColumns } from "../shared/columns.ts";
import type { LimitRange } from "../generated/v1.35/core-v1.ts";

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
  allowCreateOnUpdate: true,
  columns: defaultColumns,
});
