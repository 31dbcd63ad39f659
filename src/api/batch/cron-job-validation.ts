// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { CronJob, CronJobSpec, JobTemplateSpec } from "../generated/v1.35/batch-v1.ts";
import { checkNonNegative, checkRequiredSupported, type Errors } from "../validation/checks.ts";
import { printedSelector } from "../validation/printed.ts";
import { CronSyntaxError, isTimeZone, parseCronSchedule } from "./cron-schedule.ts";
import { validateJobBody } from "./job-validation.ts";

const CONCURRENCY_POLICIES = ["Allow", "Forbid", "Replace"];
/** A job's name is the cron job's and eleven characters more. */
const MAX_NAME_LENGTH = 63 - 11;
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function checkSchedule(spec: CronJobSpec, old: CronJobSpec | undefined, path: string, errors: Errors): void {
  const { schedule, timeZone } = spec;
  if (!schedule) {
    errors.push(field.required(path));
    return;
  }
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    if (!(error instanceof CronSyntaxError)) throw error;
    errors.push(field.invalid(path, schedule, error.message));
  }
  if (!schedule.includes("TZ")) return;
  if (!old?.schedule.includes("TZ"))
    errors.push(field.invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
  else if (timeZone !== undefined)
    errors.push(field.invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"));
}

function checkTimeZone(zone: string, path: string, errors: Errors): void {
  if (zone === "") {
    errors.push(field.invalid(path, zone, "timeZone must be nil or non-empty string"));
    return;
  }
  const isWrong = (part: string): boolean =>
    part === "." || part === ".." || part.startsWith("-") || !ZONE_PART.test(part);
  const isWrongName = zone.split("/").some(isWrong);
  if (!isWrongName && zone.toLowerCase() === "local")
    errors.push(
      field.invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
    );
  if (isWrongName || (zone !== "Local" && !isTimeZone(zone)))
    errors.push(field.invalidNamed(path, zone, `unknown time zone ${zone}`));
}

function validateJobTemplate(template: JobTemplateSpec, path: string, errors: Errors): void {
  const { spec } = template;
  if (!spec) return;
  validateJobBody(spec, `${path}.spec`, errors);
  if (spec.selector)
    errors.push(
      field.invalid(`${path}.spec.selector`, printedSelector(spec.selector), "`selector` will be auto-generated"),
    );
  if (spec.manualSelector) errors.push(field.notSupported(`${path}.spec.manualSelector`, true, ["nil", "false"]));
}

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined, errors: Errors): void {
  checkSchedule(spec, old, "spec.schedule", errors);
  checkNonNegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds", errors);
  if (spec.timeZone !== undefined && spec.timeZone !== old?.timeZone)
    checkTimeZone(spec.timeZone, "spec.timeZone", errors);
  checkRequiredSupported(spec.concurrencyPolicy, "spec.concurrencyPolicy", CONCURRENCY_POLICIES, errors);
  validateJobTemplate(spec.jobTemplate, "spec.jobTemplate", errors);
  checkNonNegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit", errors);
  checkNonNegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit", errors);
}

/** What is wrong with a new cron job. */
export function validateCronJob({ metadata, spec }: CronJob): Errors {
  const errors: Errors = [];
  validateSpec(spec, undefined, errors);
  const { name = "" } = metadata;
  if (name.length > MAX_NAME_LENGTH)
    errors.push(field.invalid("metadata.name", name, `must be no more than ${MAX_NAME_LENGTH} characters`));
  return errors;
}

/** What is wrong with a changed cron job. */
export function validateCronJobUpdate({ spec }: CronJob, { spec: old }: CronJob): Errors {
  const errors: Errors = [];
  validateSpec(spec, old, errors);
  return errors;
}
