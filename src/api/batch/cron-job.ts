// SPDX-License-Identifier: Apache-2.0

import { dropDisabledTemplateFields, isAsOld, podNameWarnings } from "../shared/workload.ts";
import { validateCronJob, validateCronJobUpdate } from "./cron-job-validation.ts";
import { defaultJobTemplate, jobSpecWarnings } from "./job-strategy.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn, templateColumns } from "../shared/columns.ts";
import { formatLabelSelector } from "../../apimachinery/index.ts";
import type { CronJob } from "../generated/v1.35/batch-v1.ts";

const SUCCESSFUL_JOBS = 3;
const FAILED_JOBS = 1;

function warningsForCronJob(cronJob: CronJob, old: CronJob | undefined): string[] {
  const { spec } = cronJob;
  const warnings = old ? [] : podNameWarnings(cronJob);
  if (spec.jobTemplate.spec && !isAsOld(cronJob, old))
    warnings.push(...jobSpecWarnings(spec.jobTemplate.spec, "spec.jobTemplate.spec"));
  if (old && spec.schedule.includes("TZ"))
    warnings.push(
      "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
    );
  return warnings;
}

/** CronJob. */
export const cronJob = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  resource: "cronjobs",
  singular: "cronjob",
  namespaced: true,
  shortNames: ["cj"],
  categories: ["all"],
  type: "io.k8s.api.batch.v1.CronJob",
  defaults({ spec }) {
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= SUCCESSFUL_JOBS;
    spec.failedJobsHistoryLimit ??= FAILED_JOBS;
    if (spec.jobTemplate.spec) defaultJobTemplate(spec.jobTemplate.spec);
  },
  prepareForCreate: ({ spec }) => dropDisabledTemplateFields(spec.jobTemplate.spec?.template),
  prepareForUpdate: ({ spec }) => dropDisabledTemplateFields(spec.jobTemplate.spec?.template),
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: warningsForCronJob,
  generation: true,
  status: {},
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Schedule",
      type: "string",
      description: "The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.",
      cell: (o) => o.spec?.schedule ?? "",
    },
    {
      name: "Timezone",
      type: "string",
      description:
        "The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this will default to the time zone of the kube-controller-manager process. The set of valid time zone names and the time zone offset is loaded from the system-wide time zone database by the API server during CronJob validation and the controller manager during execution. If no system-wide time zone database can be found a bundled version of the database is used instead. If the time zone name becomes invalid during the lifetime of a CronJob or due to a change in host configuration, the controller will stop creating new new Jobs and will create a system event with the reason UnknownTimeZone. More information can be found in https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones",
      cell: (o) => o.spec?.timeZone ?? "<none>",
    },
    {
      name: "Suspend",
      type: "boolean",
      description:
        "This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false.",
      cell: (o) => (o.spec?.suspend === undefined ? "<unset>" : o.spec.suspend ? "True" : "False"),
    },
    {
      name: "Active",
      type: "integer",
      description: "A list of pointers to currently running jobs.",
      cell: (o) => o.status?.active?.length ?? 0,
    },
    {
      name: "Last Schedule",
      type: "string",
      description: "Information when was the last time the job was successfully scheduled.",
      cell: (o, context) => (o.status?.lastScheduleTime ? context.age(o.status.lastScheduleTime) : "<none>"),
    },
    ageColumn,
    ...templateColumns<CronJob>((o) => o.spec?.jobTemplate?.spec?.template),
    {
      name: "Selector",
      type: "string",
      description:
        "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
      priority: 1,
      cell: (o) => formatLabelSelector(o.spec?.jobTemplate?.spec?.selector),
    },
  ],
});
