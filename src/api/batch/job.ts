// SPDX-License-Identifier: Apache-2.0

import { dropDisabledTemplateFields } from "../shared/workload.ts";
import { validateJobStatus } from "./job-status-validation.ts";
import { defaultJob, generateSelector, warningsForJob } from "./job-strategy.ts";
import { validateJob, validateJobUpdate } from "./job-validation.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, templateColumns } from "../shared/columns.ts";
import { formatLabelSelector } from "../../apimachinery/index.ts";
import type { Job } from "../generated/v1.35/batch-v1.ts";
import { durationBetween } from "../shared/duration-text.ts";
import type { ColumnContext } from "../kind.ts";

const hasCondition = (job: Job, type: string): boolean =>
  job.status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

function statusText(job: Job): string {
  if (hasCondition(job, "Complete")) return "Complete";
  if (hasCondition(job, "Failed")) return "Failed";
  if (job.metadata.deletionTimestamp) return "Terminating";
  for (const type of ["Suspended", "FailureTarget", "SuccessCriteriaMet"]) if (hasCondition(job, type)) return type;
  return "Running";
}

function completionsText(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  if (job.spec?.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  const parallelism = job.spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText(job: Job, context: ColumnContext): string {
  const { startTime, completionTime } = job.status ?? {};
  if (!startTime) return "";
  return completionTime ? durationBetween(startTime, completionTime) : context.age(startTime);
}

/** Job. */
export const job = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  resource: "jobs",
  singular: "job",
  namespaced: true,
  categories: ["all"],
  type: "io.k8s.api.batch.v1.Job",
  defaults: defaultJob,
  prepareForCreate(job) {
    generateSelector(job);
    dropDisabledTemplateFields(job.spec.template);
  },
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.template),
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  updateChecks: ["metadata change", "metadata", "change"],
  warnings: warningsForJob,
  generation: true,
  defaultPropagation: "orphan",
  defaultPropagationWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  status: { validateUpdate: validateJobStatus },
  resetFields: [["status"]],
  selectableFields: {
    "status.successful": (job) => String(job.status?.succeeded ?? 0),
  },
  fieldLabelError: (label) => `field label "${label}" not supported for Job`,
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "Status of the job.",
      cell: (o) => statusText(o),
    },
    {
      name: "Completions",
      type: "string",
      description:
        "The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.",
      cell: (o) => completionsText(o),
    },
    {
      name: "Duration",
      type: "string",
      description: "Time required to complete the job.",
      cell: (o, context) => durationText(o, context),
    },
    ageColumn,
    ...templateColumns<Job>((o) => o.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      priority: 1,
      cell: (o) => formatLabelSelector(o.spec?.selector),
    },
  ],
});
