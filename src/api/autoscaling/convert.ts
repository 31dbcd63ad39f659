// SPDX-License-Identifier: Apache-2.0

import { goJson, JsonSyntaxError, type KubeObject, parseJson } from "../../apimachinery/index.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/v1.35/autoscaling-v1.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
} from "../generated/v1.35/autoscaling-v2.ts";
import { internalForm } from "../validation/internal-form.ts";
import {
  metricFromAnnotation,
  metricToAnnotation,
  type OldSpec,
  type OldStatus,
  statusFromAnnotation,
  statusToAnnotation,
} from "./metrics-annotations.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
/** Where autoscaling/v1 keeps what it has no fields for. */
export const ANNOTATIONS = {
  metrics: `${PREFIX}metrics`,
  behavior: `${PREFIX}behavior`,
  currentMetrics: `${PREFIX}current-metrics`,
  conditions: `${PREFIX}conditions`,
} as const;

/** Percent of what pods request, where nothing else is wanted. */
export const DEFAULT_UTILIZATION = 80;

/** A metric of the CPU, in percent of what pods request. */
export const cpuMetric = (averageUtilization = DEFAULT_UTILIZATION): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});

const cpuStatus = (averageUtilization: number): MetricStatus => ({
  type: "Resource",
  resource: { name: "cpu", current: { averageValue: "0", averageUtilization } },
});

const isUtilizationOfCpu = ({ type, resource }: MetricSpec): boolean =>
  type === "Resource" && resource?.name === "cpu" && resource.target.averageUtilization !== undefined;

/** JSON of an annotation; what is none counts as absent. */
function listOf<T>(text: string | undefined): T[] | undefined {
  if (!text) return undefined;
  try {
    const value = parseJson(text);
    return Array.isArray(value) && value.length > 0 ? (value as T[]) : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** Fields that are written with Go's names, by their JSON names. */
function withJsonNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withJsonNames);
  if (value === null || typeof value !== "object") return value;
  const renamed: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value))
    if (field !== null) renamed[name.charAt(0).toLowerCase() + name.slice(1)] = withJsonNames(field);
  return renamed;
}

function behaviorOf(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  if (!text) return undefined;
  try {
    const value = withJsonNames(parseJson(text));
    return value !== null && typeof value === "object" ? (value as HorizontalPodAutoscalerBehavior) : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function specOf(spec: AutoscalerV1["spec"], annotations: Record<string, string>): HorizontalPodAutoscalerSpec {
  const { targetCPUUtilizationPercentage: cpu, ...rest } = spec;
  const others = listOf<OldSpec>(annotations[ANNOTATIONS.metrics])?.map(metricFromAnnotation) ?? [];
  const metrics = [...others, ...(cpu === undefined ? [] : [cpuMetric(cpu)])];
  const behavior = behaviorOf(annotations[ANNOTATIONS.behavior]);
  return {
    ...rest,
    metrics: metrics.length > 0 ? metrics : [cpuMetric()],
    ...(behavior && { behavior }),
  };
}

function statusOf(status: AutoscalerV1["status"], annotations: Record<string, string>): HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: cpu, ...rest } = status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const known = listOf<OldStatus>(annotations[ANNOTATIONS.currentMetrics])?.map(statusFromAnnotation);
  const currentMetrics = known ?? (cpu === undefined ? null : [cpuStatus(cpu)]);
  const conditions = listOf<HorizontalPodAutoscalerCondition>(annotations[ANNOTATIONS.conditions]);
  // Lists that nobody has set are null where the field is required.
  return { ...rest, currentMetrics: currentMetrics as MetricStatus[], ...(conditions && { conditions }) };
}

/** The metadata with its annotations replaced; without any where none is left. */
function withAnnotations(
  metadata: KubeObject["metadata"],
  annotations: Record<string, string>,
): KubeObject["metadata"] {
  const { annotations: _before, ...rest } = metadata;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}

/** autoscaling/v1 → autoscaling/v2, the form in which both are stored. */
export function toAutoscalerV2(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = object as AutoscalerV1;
  const annotations = metadata.annotations ?? {};
  const kept = { ...annotations };
  for (const key of Object.values(ANNOTATIONS)) delete kept[key];
  return {
    ...rest,
    apiVersion: "autoscaling/v2",
    metadata: metadata.annotations ? withAnnotations(metadata, kept) : metadata,
    spec: specOf(spec, annotations),
    status: statusOf(status, annotations),
  } as KubeObject;
}

/** autoscaling/v2 → autoscaling/v1. */
export function fromAutoscalerV2(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = object as HorizontalPodAutoscaler;
  const { metrics = [], behavior, ...specRest } = spec;
  const { currentMetrics, conditions, ...statusRest } = status ?? { desiredReplicas: 0 };
  const target = metrics.find(isUtilizationOfCpu)?.resource?.target.averageUtilization;
  const current = currentMetrics?.find(
    ({ type, resource }) =>
      type === "Resource" && resource?.name === "cpu" && resource.current.averageUtilization !== undefined,
  )?.resource?.current.averageUtilization;
  const annotations = { ...metadata.annotations };
  const others = metrics.filter((metric) => !isUtilizationOfCpu(metric));
  if (others.length > 0) annotations[ANNOTATIONS.metrics] = goJson(others.map(metricToAnnotation));
  if (currentMetrics?.length) annotations[ANNOTATIONS.currentMetrics] = goJson(currentMetrics.map(statusToAnnotation));
  if (conditions?.length) annotations[ANNOTATIONS.conditions] = goJson(conditions);
  if (behavior) annotations[ANNOTATIONS.behavior] = goJson(internalForm("HorizontalPodAutoscalerBehavior", behavior));
  return {
    ...rest,
    apiVersion: "autoscaling/v1",
    metadata: Object.keys(annotations).length > 0 ? withAnnotations(metadata, annotations) : metadata,
    spec: { ...specRest, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      ...statusRest,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  } as KubeObject;
}
