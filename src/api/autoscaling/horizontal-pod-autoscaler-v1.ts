// SPDX-License-Identifier: Apache-2.0

import type { HorizontalPodAutoscaler as AutoscalerV2 } from "../generated/v1.35/autoscaling-v2.ts";
import type { KubeObject } from "../../apimachinery/index.ts";
import { defaultBehavior, validateAutoscaler, validateAutoscalerStatus } from "./autoscaler-validation.ts";
import { defineKind } from "../define-kind.ts";
import { fromAutoscalerV2, normalizeV1, replaceInV1, toAutoscalerV2 } from "./convert.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../generated/v1.35/autoscaling-v1.ts";

const asV2 = (autoscaler: HorizontalPodAutoscaler): AutoscalerV2 => toAutoscalerV2(autoscaler) as AutoscalerV2;

/** What autoscaling/v1 leaves open of the behavior is filled when it is stored as autoscaling/v2. */
function toStoredAutoscaler(object: KubeObject): KubeObject {
  const stored = toAutoscalerV2(object);
  defaultBehavior((stored as AutoscalerV2).spec);
  return stored;
}

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
  defaults(autoscaler) {
    autoscaler.spec.minReplicas ??= 1;
    normalizeV1(autoscaler);
  },
  prepareForCreate: (autoscaler) => replaceInV1(autoscaler, "status", undefined),
  prepareForUpdate: (autoscaler, old) => replaceInV1(autoscaler, "status", old),
  validate: (autoscaler) => validateAutoscaler(asV2(autoscaler)),
  validateUpdate: (autoscaler, old) => validateAutoscaler(asV2(autoscaler), asV2(old)),
  updateChecks: ["metadata change", "change"],
  status: {
    prepareForUpdate: (autoscaler, old) => replaceInV1(autoscaler, "spec", old),
    validateUpdate: (autoscaler) => validateAutoscalerStatus(asV2(autoscaler)),
  },
  resetFields: [["status"]],
  storage: { resource: "horizontalpodautoscalers", toStorage: toStoredAutoscaler, fromStorage: fromAutoscalerV2 },
  columns: (horizontalPodAutoscaler.columns ?? []).map((column) => ({
    ...column,
    cell: (autoscaler, context) => column.cell(toAutoscalerV2(autoscaler), context),
  })),
});
