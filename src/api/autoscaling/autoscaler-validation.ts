// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsPathSegment, quantitySign, sentEmpty } from "../../apimachinery/index.ts";
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ResourceMetricSource,
} from "../generated/v1.35/autoscaling-v2.ts";
import { checkContainerResourceName, checkNonNegativeQuantity } from "../shared/resource-names.ts";
import { checkCounters } from "../shared/workload-validation.ts";
import { checkDnsLabel, checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";

const MAX_PERIOD_SECONDS = 1800;
const MAX_WINDOW_SECONDS = 3600;
const SELECT_POLICIES = ["Disabled", "Max", "Min"];
const POLICY_TYPES = ["Percent", "Pods"];
const METRIC_TYPES = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const TARGET_TYPES = ["Utilization", "Value", "AverageValue"];
const POSITIVE = "must be greater than zero";

/** How strictly the version of a reference is read. */
interface ReferenceRules {
  readonly anyVersion?: boolean;
  readonly coreGroup?: boolean;
}

function versionMistake(apiVersion: string, rules: ReferenceRules): string | undefined {
  if (rules.anyVersion) return undefined;
  const parts = apiVersion.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const group = parts.length === 2 ? parts[0] : "";
  return group === "" && !rules.coreGroup ? "apiVersion must specify API group" : undefined;
}

function validateReference(
  { kind, name, apiVersion = "" }: CrossVersionObjectReference,
  rules: ReferenceRules,
  path: string,
  errors: Errors,
): void {
  for (const [what, value] of [
    ["kind", kind],
    ["name", name],
  ] as const)
    if (value) pushInvalid(nameIsPathSegment(value, false), value, `${path}.${what}`, errors);
    else errors.push(field.required(`${path}.${what}`));
  const mistake = versionMistake(apiVersion, rules);
  if (mistake) errors.push(field.invalid(`${path}.apiVersion`, apiVersion, mistake));
}

function validateIdentifier({ name }: MetricIdentifier, path: string, errors: Errors): void {
  if (name) pushInvalid(nameIsPathSegment(name, false), name, `${path}.name`, errors);
  else errors.push(field.required(`${path}.name`, "must specify a metric name"));
}

function validateTarget(target: MetricTarget, path: string, errors: Errors): void {
  const { type, averageUtilization } = target;
  if (!type) errors.push(field.required(`${path}.type`, "must specify a metric target type"));
  if (!TARGET_TYPES.includes(type))
    errors.push(field.invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue"));
  for (const name of ["value", "averageValue"] as const) {
    const amount = target[name];
    if (amount !== undefined && quantitySign(amount) !== 1)
      errors.push(field.invalid(`${path}.${name}`, amount, "must be positive"));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(field.invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
}

function validateResourceTarget(target: MetricTarget, path: string, errors: Errors): void {
  validateTarget(target, path, errors);
  const [hasUtilization, hasValue] = [target.averageUtilization !== undefined, target.averageValue !== undefined];
  if (!hasUtilization && !hasValue)
    errors.push(
      field.required(`${path}.averageUtilization`, "must set either a target raw value or a target utilization"),
    );
  if (hasUtilization && hasValue)
    errors.push(
      field.fieldForbidden(`${path}.averageValue`, "may not set both a target raw value and a target utilization"),
    );
}

function validateResource({ name, target }: ResourceMetricSource, path: string, errors: Errors): void {
  if (!name) errors.push(field.required(`${path}.name`, "must specify a resource name"));
  validateResourceTarget(target ?? {}, `${path}.target`, errors);
}

function validateContainerResource(source: ContainerResourceMetricSource, path: string, errors: Errors): void {
  const { name, container, target } = source;
  if (name) checkContainerResourceName(name, `${path}.name`, errors);
  else errors.push(field.required(`${path}.name`, "must specify a resource name"));
  if (container) checkDnsLabel(container, `${path}.container`, errors);
  else errors.push(field.required(`${path}.container`, "must specify a container"));
  validateResourceTarget(target ?? {}, `${path}.target`, errors);
}

type SourceName = "object" | "external" | "pods" | "resource" | "containerResource";

/** What is wrong with the source of a metric, by where it comes from. */
function validateSource(spec: MetricSpec, name: SourceName, rules: ReferenceRules, path: string, errors: Errors): void {
  const { object, external, pods } = spec;
  const at = `${path}.${name}`;
  if (name === "resource") validateResource(spec.resource!, at, errors);
  else if (name === "containerResource") validateContainerResource(spec.containerResource!, at, errors);
  else {
    const { metric, target } = (object ?? external ?? pods)!;
    if (name === "object") validateReference(object!.describedObject, rules, `${at}.describedObject`, errors);
    validateIdentifier(metric, `${at}.metric`, errors);
    validateTarget(target, `${at}.target`, errors);
    const [hasValue, hasAverage] = [target.value !== undefined, target.averageValue !== undefined];
    const needed = `${at}.target.averageValue`;
    if (name === "object" && !hasValue && !hasAverage)
      errors.push(field.required(needed, "must set either a target value or averageValue"));
    if (name === "pods" && !hasAverage)
      errors.push(field.required(needed, "must specify a positive target averageValue"));
    if (name !== "external") return;
    const both = "a target value for metric";
    if (!hasValue && !hasAverage) errors.push(field.required(needed, `must set either ${both} or a per-pod target`));
    if (hasValue && hasAverage)
      errors.push(field.fieldForbidden(`${at}.target.value`, `may not set both ${both} and a per-pod target`));
  }
}

const SOURCES: readonly SourceName[] = ["object", "external", "pods", "resource", "containerResource"];
const SOURCE_OF_TYPE: Readonly<Record<string, SourceName>> = {
  Object: "object",
  Pods: "pods",
  Resource: "resource",
  External: "external",
  ContainerResource: "containerResource",
};

function validateMetric(spec: MetricSpec, rules: ReferenceRules, path: string, errors: Errors): void {
  const { type = "" } = spec;
  if (!type) errors.push(field.required(`${path}.type`, "must specify a metric source type"));
  checkSupported(type, `${path}.type`, METRIC_TYPES, errors);
  const present = SOURCES.filter((name) => spec[name] !== undefined);
  const first = present[0];
  if (first) validateSource(spec, first, rules, path, errors);
  const expected = SOURCE_OF_TYPE[type];
  if (!expected) checkSupported(type, `${path}.type`, METRIC_TYPES, errors);
  else if (spec[expected] === undefined)
    errors.push(field.required(`${path}.${expected}`, "must populate information for the given metric source"));
  if (present.length === 1) return;
  for (const name of present)
    if (name !== expected)
      errors.push(field.fieldForbidden(`${path}.${name}`, "must populate the given metric source only"));
}

function validateRules(rules: HPAScalingRules, path: string, errors: Errors): void {
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [], tolerance } = rules;
  const window = `${path}.stabilizationWindowSeconds`;
  if (seconds !== undefined && seconds < 0)
    errors.push(field.invalid(window, seconds, "must be greater than or equal to zero"));
  if (seconds !== undefined && seconds > MAX_WINDOW_SECONDS)
    errors.push(field.invalid(window, seconds, `must be less than or equal to ${MAX_WINDOW_SECONDS}`));
  if (selectPolicy !== undefined) checkSupported(selectPolicy, `${path}.selectPolicy`, SELECT_POLICIES, errors);
  if (policies.length === 0) errors.push(field.required(`${path}.policies`, "must specify at least one Policy"));
  for (const [i, { type, value, periodSeconds: period }] of policies.entries()) {
    const at = `${path}.policies[${i}]`;
    checkSupported(type ?? "", `${at}.type`, POLICY_TYPES, errors);
    if (value <= 0) errors.push(field.invalid(`${at}.value`, value, POSITIVE));
    if (period <= 0) errors.push(field.invalid(`${at}.periodSeconds`, period, POSITIVE));
    if (period > MAX_PERIOD_SECONDS)
      errors.push(field.invalid(`${at}.periodSeconds`, period, `must be less than or equal to ${MAX_PERIOD_SECONDS}`));
  }
  if (tolerance !== undefined) checkNonNegativeQuantity(tolerance, `${path}.tolerance`, errors);
}

interface Rules {
  readonly lowest: number;
  readonly target: ReferenceRules;
  readonly described: ReferenceRules;
}

function rulesOf(spec: HorizontalPodAutoscalerSpec, old: HorizontalPodAutoscalerSpec | undefined): Rules {
  const [ref, oldRef] = [spec.scaleTargetRef, old?.scaleTargetRef];
  const sameTarget = oldRef && (ref.apiVersion ?? "") === (oldRef.apiVersion ?? "") && ref.kind === oldRef.kind;
  const hasWrongReference = old?.metrics?.some(
    ({ type, object }) =>
      type === "Object" && object && versionMistake(object.describedObject.apiVersion ?? "", { coreGroup: true }),
  );
  return {
    lowest: old?.minReplicas === 0 ? 0 : 1,
    target: sameTarget ? { anyVersion: true } : { coreGroup: ref.kind === "ReplicationController" },
    described: { coreGroup: true, anyVersion: hasWrongReference ?? false },
  };
}

/** What is wrong with an autoscaler; the old one excuses its own mistakes. */
export function validateAutoscaler({ spec }: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): Errors {
  const errors: Errors = [];
  const rules = rulesOf(spec, old?.spec);
  const { minReplicas: min, maxReplicas: max, metrics = [], behavior } = spec;
  if (min !== undefined && min < rules.lowest)
    errors.push(field.invalid("spec.minReplicas", min, `must be greater than or equal to ${rules.lowest}`));
  if (max < 1) errors.push(field.invalid("spec.maxReplicas", max, "must be greater than 0"));
  if (min !== undefined && max < min)
    errors.push(field.invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`"));
  validateReference(spec.scaleTargetRef, rules.target, "spec.scaleTargetRef", errors);
  for (const [i, metric] of metrics.entries()) validateMetric(metric, rules.described, `spec.metrics[${i}]`, errors);
  if (min === 0 && !metrics.some(({ type }) => type === "Object" || type === "External"))
    errors.push(
      field.fieldForbidden(
        "spec.metrics",
        "must specify at least one Object or External metric to support scaling to zero replicas",
      ),
    );
  for (const name of ["scaleUp", "scaleDown"] as const)
    if (behavior?.[name]) validateRules(behavior[name], `spec.behavior.${name}`, errors);
  return errors;
}

/** What is wrong with the counts that an autoscaler reports. */
export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): Errors {
  const errors: Errors = [];
  if (status) checkCounters(status, ["currentReplicas", "desiredReplicas"], errors);
  return errors;
}

const UP: Required<Omit<HPAScalingRules, "tolerance">> = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};
const DOWN: HPAScalingRules = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};

/** Policies that were sent as an empty list stay none. */
function withDefaults(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  const { policies = [], ...rest } = defaults;
  const keepsNone = rules !== undefined && sentEmpty(rules, "policies") !== undefined;
  return { ...rest, ...(!keepsNone && { policies: policies.map((policy) => ({ ...policy })) }), ...rules };
}

/** Fills what the behavior of an autoscaler leaves out. */
export function defaultBehavior(spec: HorizontalPodAutoscalerSpec): void {
  const { behavior } = spec;
  if (!behavior) return;
  behavior.scaleUp = withDefaults(behavior.scaleUp, UP);
  behavior.scaleDown = withDefaults(behavior.scaleDown, DOWN);
}
