// SPDX-License-Identifier: Apache-2.0

import { defaultBehavior, validateAutoscaler, validateAutoscalerStatus } from "./autoscaler-validation.ts";
import { cpuMetric, dropRoundTrip } from "./convert.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { metricsText } from "./metrics-text.ts";
import type { HorizontalPodAutoscaler } from "../generated/v1.35/autoscaling-v2.ts";

/** HorizontalPodAutoscaler. */
export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  resource: "horizontalpodautoscalers",
  singular: "horizontalpodautoscaler",
  namespaced: true,
  shortNames: ["hpa"],
  categories: ["all"],
  type: "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  defaults(autoscaler) {
    const { spec } = autoscaler;
    dropRoundTrip(autoscaler.metadata);
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [cpuMetric()];
    defaultBehavior(spec);
  },
  validate: (autoscaler) => validateAutoscaler(autoscaler),
  validateUpdate: validateAutoscaler,
  updateChecks: ["metadata change", "change"],
  status: { validateUpdate: validateAutoscalerStatus },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Reference",
      type: "string",
      description:
        "scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.",
      cell: (o) => `${o.spec?.scaleTargetRef.kind}/${o.spec?.scaleTargetRef.name}`,
    },
    {
      name: "Targets",
      type: "string",
      description:
        "metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).  The desired replica count is calculated multiplying the ratio between the target value and the current value by the current number of pods.  Ergo, metrics used must decrease as the pod count is increased, and vice-versa.  See the individual metric source types for more information about how each type of metric must respond.",
      cell: (o) => metricsText(o.spec?.metrics, o.status?.currentMetrics),
    },
    {
      name: "MinPods",
      type: "string",
      description:
        "minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.  It defaults to 1 pod.  minReplicas is allowed to be 0 if the alpha feature gate HPAScaleToZero is enabled and at least one Object or External metric is configured.  Scaling is active as long as at least one metric value is available.",
      cell: (o) => (o.spec?.minReplicas === undefined ? "<unset>" : String(o.spec.minReplicas)),
    },
    {
      name: "MaxPods",
      type: "string",
      description:
        "maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up. It cannot be less that minReplicas.",
      cell: (o) => o.spec?.maxReplicas ?? 0,
    },
    {
      name: "Replicas",
      type: "string",
      description:
        "currentReplicas is current number of replicas of pods managed by this autoscaler, as last seen by the autoscaler.",
      cell: (o) => o.status?.currentReplicas ?? 0,
    },
    ageColumn,
  ],
});
