// SPDX-License-Identifier: Apache-2.0

import type { Job, JobSpec } from "../generated/v1.35/batch-v1.ts";
import { podTemplateWarnings } from "../shared/pod-warnings.ts";
import { defaultTemplate, isAsOld, podNameWarnings } from "../shared/workload.ts";

const BACKOFF_LIMIT = 6;
const MAX_INT32 = 2 ** 31 - 1;
const MANY_COMPLETIONS = 100_000;
const HIGH_PARALLELISM = 10_000;
/** Labels that a job's pods bear, under their old name and the present one. */
export const UID_LABELS = ["controller-uid", "batch.kubernetes.io/controller-uid"];
export const NAME_LABELS = ["job-name", "batch.kubernetes.io/job-name"];

/** What jobs and the templates of cron jobs have in common. */
export function defaultJobTemplate(spec: JobSpec): void {
  defaultTemplate(spec.template);
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
}

/** Fills what a job leaves out. */
export function defaultJob(job: Job): void {
  const { spec, metadata } = job;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : MAX_INT32;
  const labels = spec.template.metadata?.labels;
  // The very same map: labels that are generated for the pods of a job without labels become its own, too.
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  defaultJobTemplate(spec);
}

/** Labels the pods of a new job with its name and uid, and selects them by the latter. */
export function generateSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector) return;
  spec.template.metadata ??= {};
  const labels = { ...spec.template.metadata.labels };
  for (const key of NAME_LABELS) labels[key] ??= metadata.name ?? "";
  for (const key of UID_LABELS) labels[key] ??= metadata.uid ?? "";
  const own = metadata.labels;
  if (!own || own === spec.template.metadata.labels || Object.keys(own).length === 0) metadata.labels = { ...labels };
  spec.template.metadata.labels = labels;
  const key = UID_LABELS[1]!;
  spec.selector = {
    ...spec.selector,
    matchLabels: { [key]: metadata.uid ?? "", ...spec.selector?.matchLabels },
  };
}

/** Warnings about the spec of a job. */
export function jobSpecWarnings(spec: JobSpec, path: string): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const isHuge = completionMode === "Indexed" && completions > MANY_COMPLETIONS && parallelism > HIGH_PARALLELISM;
  const warning = `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`;
  return [...(isHuge ? [warning] : []), ...podTemplateWarnings(spec.template, `${path}.template`)];
}

/** Warnings about a job. */
export function warningsForJob(job: Job, old: Job | undefined): string[] {
  if (old) return isAsOld(job, old) ? [] : jobSpecWarnings(job.spec, "spec");
  return [...podNameWarnings(job), ...jobSpecWarnings(job.spec, "spec")];
}
