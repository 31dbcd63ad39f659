// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/v1.35/autoscaling-v1.ts";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "../generated/v1.35/autoscaling-v2.ts";

const cpuSpec = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});

const cpuStatus = (averageUtilization: number): MetricStatus => ({
  type: "Resource",
  resource: { name: "cpu", current: { averageValue: "0", averageUtilization } },
});

/** autoscaling/v1 → autoscaling/v2, the form in which both are stored. */
export function toAutoscalerV2(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as AutoscalerV1;
  const { targetCPUUtilizationPercentage, ...specRest } = spec ?? {};
  const { currentCPUUtilizationPercentage, ...statusRest } = status ?? {};
  const converted = {
    ...rest,
    apiVersion: "autoscaling/v2",
    spec: {
      ...specRest,
      ...(targetCPUUtilizationPercentage === undefined ? {} : { metrics: [cpuSpec(targetCPUUtilizationPercentage)] }),
    },
    status: {
      ...statusRest,
      ...(currentCPUUtilizationPercentage === undefined
        ? {}
        : { currentMetrics: [cpuStatus(currentCPUUtilizationPercentage)] }),
    },
  };
  return converted as KubeObject;
}

const isCpu = (metric: MetricSpec | MetricStatus): boolean =>
  metric.type === "Resource" && metric.resource?.name === "cpu";

/** autoscaling/v2 → autoscaling/v1. */
export function fromAutoscalerV2(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as HorizontalPodAutoscaler;
  const { metrics, behavior: _behavior, ...specRest } = spec;
  const { currentMetrics, conditions: _conditions, ...statusRest } = status ?? { desiredReplicas: 0 };
  const target = metrics?.find(isCpu)?.resource?.target.averageUtilization;
  const current = currentMetrics?.find(isCpu)?.resource?.current.averageUtilization;
  const converted = {
    ...rest,
    apiVersion: "autoscaling/v1",
    spec: { ...specRest, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { ...statusRest, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
  return converted as KubeObject;
}
