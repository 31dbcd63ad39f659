// SPDX-License-Identifier: Apache-2.0

import type { LabelSelector } from "../generated/v1.35/meta-v1.ts";
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "../generated/v1.35/autoscaling-v2.ts";

/** A metric as annotations of autoscaling/v1 hold it. */
interface OldSpec {
  type: string;
  object?: {
    target: CrossVersionObjectReference;
    metricName: string;
    targetValue: string;
    selector?: LabelSelector;
    averageValue?: string;
  };
  pods?: { metricName: string; targetAverageValue: string; selector?: LabelSelector };
  resource?: OldResource;
  containerResource?: OldResource & { container: string };
  external?: {
    metricName: string;
    metricSelector?: LabelSelector;
    targetValue?: string;
    targetAverageValue?: string;
  };
}

interface OldResource {
  name: string;
  targetAverageUtilization?: number;
  targetAverageValue?: string;
}

/** The last known value of a metric, in the same form. */
interface OldStatus {
  type: string;
  object?: {
    target: CrossVersionObjectReference;
    metricName: string;
    currentValue: string;
    selector?: LabelSelector;
    averageValue?: string;
  };
  pods?: { metricName: string; currentAverageValue: string; selector?: LabelSelector };
  resource?: OldResourceStatus;
  containerResource?: OldResourceStatus & { container: string };
  external?: {
    metricName: string;
    metricSelector?: LabelSelector;
    currentValue: string;
    currentAverageValue?: string;
  };
}

interface OldResourceStatus {
  name: string;
  currentAverageUtilization?: number;
  currentAverageValue: string;
}

/** Leaves out what is not known. */
function defined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

const identifier = (name: string, selector: LabelSelector | undefined): MetricIdentifier =>
  defined<MetricIdentifier>({ name, selector });

const target = (type: string, rest: Omit<{ [K in keyof MetricTarget]: MetricTarget[K] | undefined }, "type">) =>
  defined<MetricTarget>({ type, ...rest } as MetricTarget);

const resourceTarget = ({ targetAverageUtilization, targetAverageValue }: OldResource): MetricTarget =>
  target(targetAverageUtilization === undefined ? "AverageValue" : "Utilization", {
    value: undefined,
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  });

/** A metric of an annotation in the form of autoscaling/v2. */
export function metricFromAnnotation(metric: OldSpec): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  const none = undefined;
  return defined<MetricSpec>({
    type,
    object: object && {
      describedObject: object.target,
      target: target(object.averageValue === undefined ? "Value" : "AverageValue", {
        value: object.targetValue,
        averageValue: object.averageValue,
        averageUtilization: none,
      }),
      metric: identifier(object.metricName, object.selector),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: target("AverageValue", { value: none, averageValue: pods.targetAverageValue, averageUtilization: none }),
    },
    resource: resource && { name: resource.name, target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: resourceTarget(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: target(external.targetAverageValue === undefined ? "Value" : "AverageValue", {
        value: external.targetValue,
        averageValue: external.targetAverageValue,
        averageUtilization: none,
      }),
    },
  });
}

const oldResource = (name: string, { averageUtilization, averageValue }: MetricTarget): OldResource =>
  defined<OldResource>({
    name,
    targetAverageUtilization: averageUtilization,
    targetAverageValue: averageValue,
  });

/** A metric in the form of the annotation. */
export function metricToAnnotation(metric: MetricSpec): OldSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return defined<OldSpec>({
    type,
    object:
      object &&
      defined<NonNullable<OldSpec["object"]>>({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? "0",
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      defined<NonNullable<OldSpec["pods"]>>({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? "0",
        selector: pods.metric.selector,
      }),
    resource: resource && oldResource(resource.name, resource.target),
    containerResource: containerResource && {
      ...oldResource(containerResource.name, containerResource.target),
      container: containerResource.container,
    },
    external:
      external &&
      defined<NonNullable<OldSpec["external"]>>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

const values = (fields: { [K in keyof MetricValueStatus]: MetricValueStatus[K] | undefined }): MetricValueStatus =>
  defined<MetricValueStatus>(fields);

const resourceValues = ({ currentAverageValue, currentAverageUtilization }: OldResourceStatus): MetricValueStatus =>
  values({ averageValue: currentAverageValue, averageUtilization: currentAverageUtilization });

/** The value of a metric in an annotation, in the form of autoscaling/v2. */
export function statusFromAnnotation(metric: OldStatus): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return defined<MetricStatus>({
    type,
    object: object && {
      metric: identifier(object.metricName, object.selector),
      current: values({ value: object.currentValue, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: values({ averageValue: pods.currentAverageValue }),
    },
    resource: resource && { name: resource.name, current: resourceValues(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: resourceValues(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: values({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  });
}

const oldResourceStatus = (name: string, current: MetricValueStatus): OldResourceStatus =>
  defined<OldResourceStatus>({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? "0",
  });

/** The value of a metric in the form of the annotation. */
export function statusToAnnotation(metric: MetricStatus): OldStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return defined<OldStatus>({
    type,
    object:
      object &&
      defined<NonNullable<OldStatus["object"]>>({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? "0",
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      defined<NonNullable<OldStatus["pods"]>>({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? "0",
        selector: pods.metric.selector,
      }),
    resource: resource && oldResourceStatus(resource.name, resource.current),
    containerResource: containerResource && {
      ...oldResourceStatus(containerResource.name, containerResource.current),
      container: containerResource.container,
    },
    external:
      external &&
      defined<NonNullable<OldStatus["external"]>>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? "0",
        currentAverageValue: external.current.averageValue,
      }),
  });
}

export type { OldSpec, OldStatus };
