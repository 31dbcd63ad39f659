// SPDX-License-Identifier: Apache-2.0

import type { HorizontalPodAutoscaler as AutoscalerV2 } from "../generated/v1.35/autoscaling-v2.ts";
import { validateAutoscaler, validateAutoscalerStatus } from "./autoscaler-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ANNOTATIONS, DEFAULT_UTILIZATION, fromAutoscalerV2, toAutoscalerV2 } from "./convert.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../generated/v1.35/autoscaling-v1.ts";

const asV2 = (autoscaler: HorizontalPodAutoscaler): AutoscalerV2 => toAutoscalerV2(autoscaler) as AutoscalerV2;

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
  defaults({ metadata, spec }) {
    spec.minReplicas ??= 1;
    if (metadata.annotations?.[ANNOTATIONS.metrics] === undefined)
      spec.targetCPUUtilizationPercentage ??= DEFAULT_UTILIZATION;
  },
  validate: (autoscaler) => validateAutoscaler(asV2(autoscaler)),
  validateUpdate: (autoscaler, old) => validateAutoscaler(asV2(autoscaler), asV2(old)),
  updateChecks: ["metadata change", "change"],
  status: { validateUpdate: (autoscaler) => validateAutoscalerStatus(asV2(autoscaler)) },
  resetFields: [["status"]],
  storage: { resource: "horizontalpodautoscalers", toStorage: toAutoscalerV2, fromStorage: fromAutoscalerV2 },
  columns: (horizontalPodAutoscaler.columns ?? []).map((column) => ({
    ...column,
    cell: (autoscaler, context) => column.cell(toAutoscalerV2(autoscaler), context),
  })),
});
