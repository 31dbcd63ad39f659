// SPDX-License-Identifier: Apache-2.0

import { goJson, type KubeObject } from "../../apimachinery/index.ts";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/v1.35/autoscaling-v1.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
} from "../generated/v1.35/autoscaling-v2.ts";
import * as readers from "./annotation-readers.ts";
import { readAnnotation } from "./typed-annotation.ts";
import { internalForm } from "../validation/internal-form.ts";
import {
  metricFromAnnotation,
  metricToAnnotation,
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

const ROUND_TRIP: readonly string[] = [
  ...Object.values(ANNOTATIONS),
  `${PREFIX}scale-down-tolerance`,
  `${PREFIX}scale-up-tolerance`,
];

/** Percent of what pods request, where nothing else is wanted. */
const DEFAULT_UTILIZATION = 80;

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

function specOf(spec: AutoscalerV1["spec"], annotations: Record<string, string>): HorizontalPodAutoscalerSpec {
  const { targetCPUUtilizationPercentage: cpu, ...rest } = spec;
  const whole = wholeMetrics.get(spec);
  if (whole && whole.cpu === cpu && whole.annotation === annotations[ANNOTATIONS.metrics])
    return specWith(rest, whole.metrics, annotations);
  const others = readAnnotation(annotations[ANNOTATIONS.metrics], readers.metrics)?.map(metricFromAnnotation) ?? [];
  const metrics = [...others, ...(cpu === undefined ? [] : [cpuMetric(cpu)])];
  return specWith(rest, metrics.length > 0 ? metrics : [cpuMetric()], annotations);
}

function specWith(
  rest: Omit<HorizontalPodAutoscalerSpec, "metrics" | "behavior">,
  metrics: readonly MetricSpec[],
  annotations: Record<string, string>,
): HorizontalPodAutoscalerSpec {
  const behavior = readAnnotation(annotations[ANNOTATIONS.behavior], readers.behavior);
  return {
    ...rest,
    metrics: [...metrics],
    ...(behavior && Object.keys(behavior).length > 0 && { behavior }),
  };
}

function statusOf(status: AutoscalerV1["status"], annotations: Record<string, string>): HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: cpu, ...rest } = status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const known = readAnnotation(annotations[ANNOTATIONS.currentMetrics], readers.currentMetrics)?.map(
    statusFromAnnotation,
  );
  const found = known ?? (cpu === undefined ? [] : [cpuStatus(cpu)]);
  const currentMetrics = found.length > 0 ? found : null;
  const conditions = readAnnotation(annotations[ANNOTATIONS.conditions], readers.conditions);
  // Lists that nobody has set are null where the field is required.
  return { ...rest, currentMetrics: currentMetrics as MetricStatus[], ...(conditions?.length && { conditions }) };
}

/** The metadata with its annotations replaced; without any where none is left. */
function withAnnotations(
  metadata: KubeObject["metadata"],
  annotations: Record<string, string>,
): KubeObject["metadata"] {
  const { annotations: _before, ...rest } = metadata;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}

/** Takes away the annotations that hold another version's fields. */
export function dropRoundTrip(metadata: KubeObject["metadata"]): void {
  const { annotations } = withoutRoundTrip(metadata);
  if (annotations) metadata.annotations = annotations;
  else delete metadata.annotations;
}

/** The metadata without them. */
function withoutRoundTrip(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  const { annotations } = metadata;
  if (!annotations || !ROUND_TRIP.some((key) => annotations[key] !== undefined)) return metadata;
  const kept = { ...annotations };
  for (const key of ROUND_TRIP) delete kept[key];
  return withAnnotations(metadata, kept);
}

/** autoscaling/v1 → autoscaling/v2, the form in which both are stored. */
export function toAutoscalerV2(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = object as AutoscalerV1;
  const annotations = metadata.annotations ?? {};
  return {
    ...rest,
    apiVersion: "autoscaling/v2",
    metadata: withoutRoundTrip(metadata),
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
  const current = currentMetrics?.findLast(
    ({ type, resource }) =>
      type === "Resource" && resource?.name === "cpu" && resource.current.averageUtilization !== undefined,
  )?.resource?.current.averageUtilization;
  const { annotations: before, ...metadataRest } = withoutRoundTrip(metadata);
  const annotations = { ...before };
  const others = metrics.filter((metric) => !isUtilizationOfCpu(metric));
  if (others.length > 0) annotations[ANNOTATIONS.metrics] = goJson(others.map(metricToAnnotation));
  if (currentMetrics?.length) annotations[ANNOTATIONS.currentMetrics] = goJson(currentMetrics.map(statusToAnnotation));
  if (conditions?.length) annotations[ANNOTATIONS.conditions] = goJson(conditions);
  if (behavior) annotations[ANNOTATIONS.behavior] = goJson(internalForm("HorizontalPodAutoscalerBehavior", behavior));
  return {
    ...rest,
    apiVersion: "autoscaling/v1",
    metadata: withAnnotations(metadataRest, annotations),
    spec: { ...specRest, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      ...statusRest,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  } as KubeObject;
}

/** All metrics of a spec that autoscaling/v1 can write a part of only, and the part as it was written. */
interface WholeMetrics {
  readonly metrics: readonly MetricSpec[];
  readonly cpu: number | undefined;
  readonly annotation: string | undefined;
}

const wholeMetrics = new WeakMap<object, WholeMetrics>();

/** Takes over spec, status and annotations; the metadata itself stays the same object. */
function overwrite(object: AutoscalerV1, v2: KubeObject): void {
  const { spec, status, metadata } = fromAutoscalerV2(v2) as AutoscalerV1;
  Object.assign(object, { spec, status });
  if (metadata.annotations) object.metadata.annotations = metadata.annotations;
  else delete object.metadata.annotations;
  wholeMetrics.set(spec, {
    metrics: (v2 as HorizontalPodAutoscaler).spec.metrics ?? [],
    cpu: spec.targetCPUUtilizationPercentage,
    annotation: metadata.annotations?.[ANNOTATIONS.metrics],
  });
}

/** Writes annotations that hold fields of autoscaling/v2 as that version would write them. */
export const normalizeV1 = (object: AutoscalerV1): void => overwrite(object, toAutoscalerV2(object));

/** What a part of an autoscaler/v1 holds is in its annotations, too: it is replaced through autoscaling/v2. */
export function replaceInV1(object: AutoscalerV1, part: "spec" | "status", old: AutoscalerV1 | undefined): void {
  const { [part]: value } = (
    old ? toAutoscalerV2(old) : { status: statusOf(undefined, {}) }
  ) as HorizontalPodAutoscaler;
  overwrite(object, { ...toAutoscalerV2(object), [part]: value });
}
