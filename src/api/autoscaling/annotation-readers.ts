// SPDX-License-Identifier: Apache-2.0

import type {
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HPAScalingPolicy,
  HPAScalingRules,
} from "../generated/v1.35/autoscaling-v2.ts";
import type { OldSpec, OldStatus } from "./metrics-annotations.ts";
import { int32, list, optional, quantity, type Read, selector, struct, text, timeOrNull } from "./typed-annotation.ts";

const notEmpty: Read<string | undefined> = (value) => text(value) || undefined;

const reference = struct({ kind: text, name: text, apiVersion: notEmpty });

const resource = { name: text, targetAverageUtilization: optional(int32), targetAverageValue: optional(quantity) };

const resourceStatus = { name: text, currentAverageUtilization: optional(int32), currentAverageValue: quantity };

/** Metrics that autoscaling/v1 has no fields for. */
export const metrics = list(
  struct({
    type: text,
    object: optional(
      struct({
        target: reference,
        metricName: text,
        targetValue: quantity,
        selector: optional(selector),
        averageValue: optional(quantity),
      }),
    ),
    pods: optional(struct({ metricName: text, targetAverageValue: quantity, selector: optional(selector) })),
    resource: optional(struct(resource)),
    containerResource: optional(struct({ ...resource, container: text })),
    external: optional(
      struct({
        metricName: text,
        metricSelector: optional(selector),
        targetValue: optional(quantity),
        targetAverageValue: optional(quantity),
      }),
    ),
  }),
) as Read<OldSpec[]>;

/** Their last known values. */
export const currentMetrics = list(
  struct({
    type: text,
    object: optional(
      struct({
        target: reference,
        metricName: text,
        currentValue: quantity,
        selector: optional(selector),
        averageValue: optional(quantity),
      }),
    ),
    pods: optional(struct({ metricName: text, currentAverageValue: quantity, selector: optional(selector) })),
    resource: optional(struct(resourceStatus)),
    containerResource: optional(struct({ ...resourceStatus, container: text })),
    external: optional(
      struct({
        metricName: text,
        metricSelector: optional(selector),
        currentValue: quantity,
        currentAverageValue: optional(quantity),
      }),
    ),
  }),
) as Read<OldStatus[]>;

export const conditions = list(
  struct({ type: text, status: text, lastTransitionTime: timeOrNull, reason: notEmpty, message: notEmpty }),
) as Read<HorizontalPodAutoscalerCondition[]>;

const policy: Read<HPAScalingPolicy> = struct<HPAScalingPolicy>({ type: text, value: int32, periodSeconds: int32 });

const rules = struct({
  stabilizationWindowSeconds: optional(int32),
  selectPolicy: optional(text),
  policies: optional(list(policy)),
  tolerance: optional(quantity),
}) as Read<HPAScalingRules>;

/** How fast to scale. */
export const behavior = struct({
  scaleUp: optional(rules),
  scaleDown: optional(rules),
}) as Read<HorizontalPodAutoscalerBehavior>;
