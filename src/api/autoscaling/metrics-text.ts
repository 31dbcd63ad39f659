// SPDX-License-Identifier: Apache-2.0

import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "../generated/v1.35/autoscaling-v2.ts";

const MAX_METRICS = 2;
const UNKNOWN = "<unknown>";

function valueOrAverage(target: MetricTarget, current: MetricValueStatus | undefined): string {
  return target.averageValue === undefined
    ? `${current ? (current.value ?? "<nil>") : UNKNOWN}/${target.value ?? "<nil>"}`
    : `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
}

function resourceText(name: string, target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  const wanted = target.averageUtilization === undefined ? "<auto>" : `${target.averageUtilization}%`;
  return `${name}: ${now}/${wanted}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "External":
      return spec.external ? valueOrAverage(spec.external.target, status?.external?.current) : UNKNOWN;
    case "Object":
      return spec.object ? valueOrAverage(spec.object.target, status?.object?.current) : UNKNOWN;
    case "Pods":
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue ?? ""}`;
    case "Resource":
      return spec.resource
        ? resourceText(spec.resource.name, spec.resource.target, status?.resource?.current)
        : UNKNOWN;
    case "ContainerResource":
      return spec.containerResource
        ? resourceText(spec.containerResource.name, spec.containerResource.target, status?.containerResource?.current)
        : UNKNOWN;
    default:
      return "<unknown type>";
  }
}

/** What a HorizontalPodAutoscaler aims at and what it sees: `cpu: 40%/80%`. Lists without items are null in JSON. */
export function metricsText(
  specs: readonly MetricSpec[] | null | undefined,
  statuses: readonly MetricStatus[] | null | undefined,
): string {
  if (!specs?.length) return "<none>";
  const texts = specs.slice(0, MAX_METRICS).map((spec, i) => metricText(spec, statuses?.[i]));
  const more = specs.length > MAX_METRICS ? ` + ${specs.length - MAX_METRICS} more...` : "";
  return `${texts.join(", ")}${more}`;
}
