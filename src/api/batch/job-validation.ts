// SPDX-License-Identifier: Apache-2.0

import { NAME_LABELS, UID_LABELS } from "./job-strategy.ts";
import { dns1123LabelErrors, equalJson, fieldError as field, validateLabelSelector } from "../../apimachinery/index.ts";
import type { Job, JobSpec } from "../generated/v1.35/batch-v1.ts";
import type { Affinity, PodSpec, PodTemplateSpec } from "../generated/v1.35/core-v1.ts";
import { validatePodTemplate } from "../shared/pod-template.ts";
import { checkSelectorChange, checkTemplateLabels, readSelector } from "../shared/workload-validation.ts";
import { checkImmutable, checkNonNegative, checkSupported, type Errors, IMMUTABLE } from "../validation/checks.ts";
import { checkDomainPath } from "../validation/domain-path.ts";
import { internalForm } from "../validation/internal-form.ts";
import { printedMetadata, printedSelector, sortedMap } from "../validation/printed.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./job-policies.ts";

const MAX_PARALLELISM = 100_000;
const MAX_FAILED_INDEXES = 100_000;
const MANY_COMPLETIONS = 100_000;
const MAX_PARALLELISM_OF_MANY = 10_000;
const MAX_FAILED_INDEXES_OF_MANY = 10_000;
const MAX_MANAGER_LENGTH = 63;
const COMPLETION_MODES = ["NonIndexed", "Indexed"];
const REPLACEMENT_POLICIES = ["Failed", "TerminatingOrFailed"];
const NEEDS_INDEXES = "requires indexed completion mode";

const isIndexed = (spec: JobSpec): boolean => spec.completionMode === "Indexed";

const atMost = (limit: number): string => `must be less than or equal to ${limit}`;

function checkManyCompletions(spec: JobSpec, path: string, errors: Errors): void {
  const { parallelism = 0, maxFailedIndexes } = spec;
  const suffix = `when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined)
    errors.push(
      field.required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MANY_COMPLETIONS}`),
    );
  if (parallelism > MAX_PARALLELISM_OF_MANY)
    errors.push(field.invalid(`${path}.parallelism`, parallelism, `${atMost(MAX_PARALLELISM_OF_MANY)} ${suffix}`));
  if ((maxFailedIndexes ?? 0) > MAX_FAILED_INDEXES_OF_MANY)
    errors.push(
      field.invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, `${atMost(MAX_FAILED_INDEXES_OF_MANY)} ${suffix}`),
    );
}

function checkIndexed(spec: JobSpec, path: string, errors: Errors): void {
  const { completions, parallelism = 0, maxFailedIndexes } = spec;
  if (completions === undefined) errors.push(field.required(`${path}.completions`, "when completion mode is Indexed"));
  if (parallelism > MAX_PARALLELISM)
    errors.push(
      field.invalid(`${path}.parallelism`, parallelism, `${atMost(MAX_PARALLELISM)} when completion mode is Indexed`),
    );
  const max = maxFailedIndexes;
  if (completions !== undefined && max !== undefined && max > completions)
    errors.push(field.invalid(`${path}.maxFailedIndexes`, max, "must be less than or equal to completions"));
  if (max !== undefined && max > MAX_FAILED_INDEXES)
    errors.push(field.invalid(`${path}.maxFailedIndexes`, max, atMost(MAX_FAILED_INDEXES)));
  if ((completions ?? 0) > MANY_COMPLETIONS && spec.backoffLimitPerIndex !== undefined)
    checkManyCompletions(spec, path, errors);
}

function checkCompletionMode(spec: JobSpec, path: string, errors: Errors): void {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode !== undefined) checkSupported(completionMode, `${path}.completionMode`, COMPLETION_MODES, errors);
  if (isIndexed(spec)) checkIndexed(spec, path, errors);
  if (completionMode !== undefined && completionMode !== "NonIndexed") return;
  if (backoffLimitPerIndex !== undefined)
    errors.push(field.invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, NEEDS_INDEXES));
  if (maxFailedIndexes !== undefined)
    errors.push(field.invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, NEEDS_INDEXES));
}

function checkPolicies(spec: JobSpec, path: string, errors: Errors): void {
  if (spec.podFailurePolicy) validateFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  if (spec.successPolicy) {
    const at = `${path}.successPolicy`;
    if (isIndexed(spec)) validateSuccessPolicy(spec, at, errors);
    else errors.push(field.invalid(at, internalForm("SuccessPolicy", spec.successPolicy), NEEDS_INDEXES));
  }
  const replacement = spec.podReplacementPolicy;
  if (replacement !== undefined)
    checkSupported(
      replacement,
      `${path}.podReplacementPolicy`,
      spec.podFailurePolicy ? ["Failed"] : REPLACEMENT_POLICIES,
      errors,
    );
}

function checkRestartPolicy(spec: JobSpec, path: string, errors: Errors): void {
  const policy = spec.template.spec?.restartPolicy ?? "";
  if (policy === "" || policy === "Always") errors.push(field.required(path, 'valid values: "OnFailure", "Never"'));
  else if (policy !== "OnFailure" && policy !== "Never")
    errors.push(field.notSupported(path, policy, ["OnFailure", "Never"]));
  else if (spec.podFailurePolicy && policy !== "Never")
    errors.push(field.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** What is wrong with the spec of a job, selector aside: of jobs, and of those that a CronJob makes. */
export function validateJobBody(spec: JobSpec, path: string, errors: Errors): void {
  for (const name of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const)
    checkNonNegative(spec[name], `${path}.${name}`, errors);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(field.required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  if (spec.managedBy !== undefined) {
    checkDomainPath(spec.managedBy, `${path}.managedBy`, errors);
    if (spec.managedBy.length > MAX_MANAGER_LENGTH) errors.push(field.tooLong(`${path}.managedBy`, MAX_MANAGER_LENGTH));
  }
  checkCompletionMode(spec, path, errors);
  checkPolicies(spec, path, errors);
  validatePodTemplate(spec.template, `${path}.template`, errors);
  checkRestartPolicy(spec, `${path}.template.spec.restartPolicy`, errors);
}

function validateSpec(spec: JobSpec, errors: Errors): void {
  validateJobBody(spec, "spec", errors);
  if (spec.selector) errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  else errors.push(field.required("spec.selector"));
  const selector = readSelector(spec.selector);
  if (selector) checkTemplateLabels(spec.template, selector, "spec.template", errors);
}

function checkLabel(template: PodTemplateSpec, key: string, wanted: string, errors: Errors): void {
  const labels = template.metadata?.labels;
  const path = `spec.template.metadata.labels[${key}]`;
  if (labels?.[key] === undefined) errors.push(field.required(path, `must be '${wanted}'`));
  else if (labels[key] !== wanted) errors.push(field.invalid(path, sortedMap(labels), `must be '${wanted}'`));
}

/** Labels and selector that the server made must be as it made them. */
function checkGenerated(job: Job, needsPrefixed: boolean, errors: Errors): void {
  const { metadata, spec } = job;
  if (spec.manualSelector || !spec.selector) return;
  const { uid = "", name = "" } = metadata;
  if (!uid) errors.push(field.required("metadata.uid"));
  const generated: Record<string, string> = {};
  for (let i = 0; i < (needsPrefixed ? 2 : 1); i++)
    for (const [keys, value] of [
      [UID_LABELS, uid],
      [NAME_LABELS, name],
    ] as const) {
      checkLabel(spec.template, keys[i]!, value, errors);
      generated[keys[i]!] = value;
    }
  const selector = readSelector(spec.selector);
  if (selector && !selector.matches(generated))
    errors.push(field.invalid("spec.selector", printedSelector(spec.selector), "`selector` not auto-generated"));
}

/** Names of the pods of a job with indexes are host names. */
function checkHostNames({ metadata, spec }: Job, errors: Errors): void {
  if (!isIndexed(spec) || !spec.completions || spec.completions < 0) return;
  const { name = "" } = metadata;
  const host = `${name}-${spec.completions - 1}`;
  if (dns1123LabelErrors(host).length > 0)
    errors.push(field.invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${host}`));
}

function validateWhole(job: Job, needsPrefixed: boolean): Errors {
  const errors: Errors = [];
  checkGenerated(job, needsPrefixed, errors);
  validateSpec(job.spec, errors);
  checkHostNames(job, errors);
  return errors;
}

/** What is wrong with a new job. */
export const validateJob = (job: Job): Errors => validateWhole(job, true);

type WithTemplate = Pick<JobSpec, "template">;

/** An affinity with the node affinity of another. */
function withNodeAffinity(affinity: Affinity | undefined, other: Affinity | undefined): Affinity | undefined {
  const { podAffinity, podAntiAffinity } = affinity ?? {};
  const pods: Affinity = { ...(podAffinity && { podAffinity }), ...(podAntiAffinity && { podAntiAffinity }) };
  if (!other) return Object.keys(pods).length > 0 ? pods : undefined;
  return { ...pods, ...(other.nodeAffinity && { nodeAffinity: other.nodeAffinity }) };
}

const DIRECTIVES = ["nodeSelector", "tolerations", "schedulingGates"] as const;

/** The old template as it would be if only what says where its pods run had changed: that may change before a start. */
function withDirectives(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const spec = { ...old.spec } as PodSpec;
  const from = (template.spec ?? {}) as PodSpec;
  const affinity = withNodeAffinity(spec.affinity, from.affinity);
  if (affinity) spec.affinity = affinity;
  else delete spec.affinity;
  for (const name of DIRECTIVES) {
    delete spec[name];
    if (from[name] !== undefined) Object.assign(spec, { [name]: from[name] });
  }
  const { labels: _labels, annotations: _annotations, ...kept } = old.metadata ?? {};
  const { labels, annotations } = template.metadata ?? {};
  const metadata = { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...old, metadata, spec };
}

function checkTemplateChange({ template }: WithTemplate, old: PodTemplateSpec, errors: Errors): void {
  if (equalJson(template, old)) return;
  const printed = { ...printedMetadata(template.metadata), Spec: internalForm("PodSpec", template.spec) };
  errors.push(field.invalid("spec.template", printed, IMMUTABLE));
}

function checkCompletionsChange(spec: JobSpec, old: JobSpec, errors: Errors): void {
  if (!isIndexed(spec)) checkImmutable(spec.completions, old.completions, "spec.completions", errors);
  else if (
    spec.completions !== undefined &&
    spec.completions !== old.completions &&
    spec.completions !== spec.parallelism
  )
    errors.push(
      field.invalid("spec.completions", spec.completions, "can only be modified in tandem with spec.parallelism"),
    );
}

function checkImmutableForm(form: string, name: keyof JobSpec, spec: JobSpec, old: JobSpec, errors: Errors): void {
  if (!equalJson(spec[name], old[name]))
    errors.push(field.invalid(`spec.${name}`, internalForm(form, spec[name]), IMMUTABLE));
}

const hasPrefixedLabels = ({ spec }: Job): boolean =>
  [UID_LABELS[1]!, NAME_LABELS[1]!].every((key) => spec.template.metadata?.labels?.[key] !== undefined);

/** What is wrong with the change of a job; what is wrong with the job itself is reported twice, as upstream does. */
export function validateJobUpdate(job: Job, before: Job): Errors {
  const errors = validateWhole(job, hasPrefixedLabels(before));
  const [spec, old] = [job.spec, before.spec];
  validateSpec(spec, errors);
  checkCompletionsChange(spec, old, errors);
  checkSelectorChange(spec.selector, old.selector, errors);
  const mayMove = old.suspend === true && !before.status?.startTime;
  checkTemplateChange(spec, mayMove ? withDirectives(old.template, spec.template) : old.template, errors);
  checkImmutable(spec.completionMode, old.completionMode, "spec.completionMode", errors);
  checkImmutableForm("PodFailurePolicy", "podFailurePolicy", spec, old, errors);
  checkImmutable(spec.backoffLimitPerIndex, old.backoffLimitPerIndex, "spec.backoffLimitPerIndex", errors);
  checkImmutable(spec.managedBy, old.managedBy, "spec.managedBy", errors);
  checkImmutableForm("SuccessPolicy", "successPolicy", spec, old, errors);
  return errors;
}
