// SPDX-License-Identifier: Apache-2.0

import { defineKind } from "../define-kind.ts";
import { fromAutoscalerV2, toAutoscalerV2 } from "./convert.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../generated/v1.35/autoscaling-v1.ts";

/** HorizontalPodAutoscaler. */
export const horizontalPodAutoscalerV1 = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  namespaced: true,
  shortNames: ["hpa"],
  categories: ["all"],
  type: "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  status: {},
  resetFields: [["status"]],
  storage: { resource: "horizontalpodautoscalers", toStorage: toAutoscalerV2, fromStorage: fromAutoscalerV2 },
  columns: (horizontalPodAutoscaler.columns ?? []).map((column) => ({
    ...column,
    cell: (autoscaler, context) => column.cell(toAutoscalerV2(autoscaler), context),
  })),
});
