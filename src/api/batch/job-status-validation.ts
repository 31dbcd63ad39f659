// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, readTime, sameJson } from "../../apimachinery/index.ts";
import type { Job, JobStatus } from "../generated/v1.35/batch-v1.ts";
import { checkCounters } from "../shared/workload-validation.ts";
import { type Errors, invalidWhole } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { countIndexes, firstCommonIndex, IndexFormatError } from "./index-intervals.ts";

const CONDITIONS = "status.conditions";

/** What the conditions of a status say. */
interface Ends {
  readonly complete: boolean;
  readonly failed: boolean;
  readonly failureTarget: boolean;
  readonly successCriteriaMet: boolean;
  readonly finished: boolean;
}

function endsOf(status: JobStatus): Ends {
  const isTrue = (type: string): boolean =>
    status.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
  const [complete, failed] = [isTrue("Complete"), isTrue("Failed")];
  return {
    complete,
    failed,
    failureTarget: isTrue("FailureTarget"),
    successCriteriaMet: isTrue("SuccessCriteriaMet"),
    finished: complete || failed,
  };
}

/** A change of status: rules apply to what the change touches, so that old mistakes do not block other changes. */
interface StatusChange {
  readonly job: Job;
  readonly status: JobStatus;
  readonly old: JobStatus;
  readonly ends: Ends;
  readonly oldEnds: Ends;
  readonly errors: Errors;
  /** Whether one of the fields changed. */
  changed(...names: (keyof JobStatus)[]): boolean;
  /** Whether what the conditions say changed. */
  turned(...names: (keyof Ends)[]): boolean;
}

function checkUncounted({ status, errors }: StatusChange): void {
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"] as const)
    for (const [i, uid] of (status.uncountedTerminatedPods?.[list] ?? []).entries()) {
      const path = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === "") errors.push(field.invalid(path, uid, "must not be empty"));
      else if (seen.has(uid)) errors.push(field.duplicate(path, uid));
      seen.add(uid);
    }
}

const timeOf = (text: string): number => readTime(text);

function checkTimes({ status, ends, errors, changed, turned }: StatusChange): void {
  const { startTime, completionTime } = status;
  if (turned("complete") || changed("completionTime")) {
    if (completionTime && !ends.complete)
      errors.push(
        field.invalid(
          "status.completionTime",
          completionTime,
          "cannot set completionTime when there is no Complete=True condition",
        ),
      );
    if (!completionTime && ends.complete)
      errors.push(field.required("status.completionTime", "completionTime is required for Complete jobs"));
  }
  if (
    changed("startTime", "completionTime") &&
    startTime &&
    completionTime &&
    timeOf(completionTime) < timeOf(startTime)
  )
    errors.push(
      field.invalid("status.completionTime", completionTime, "completionTime cannot be set before startTime"),
    );
}

function checkEnds({ ends, errors, turned }: StatusChange): void {
  const refuse = (message: string): number => errors.push(invalidWhole(CONDITIONS, message));
  if (turned("failed", "failureTarget") && ends.failed && !ends.failureTarget)
    refuse("cannot set Failed=True condition without the FailureTarget=true condition");
  if (turned("complete", "successCriteriaMet") && ends.complete && !ends.successCriteriaMet)
    refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
}

function checkContradictions({ ends, errors, turned }: StatusChange): void {
  const refuse = (message: string): number => errors.push(invalidWhole(CONDITIONS, message));
  if (turned("complete", "failed") && ends.complete && ends.failed)
    refuse("cannot set Complete=True and Failed=true conditions");
  if (turned("complete", "failureTarget") && ends.complete && ends.failureTarget)
    refuse("cannot set Complete=True and FailureTarget=true conditions");
}

function checkFinished({ status, ends, errors, changed, turned }: StatusChange): void {
  if (!ends.finished) return;
  const { active = 0, uncountedTerminatedPods: uncounted } = status;
  if ((turned("finished") || changed("active")) && active > 0)
    errors.push(field.invalid("status.active", active, "active>0 is invalid for finished job"));
  if ((turned("finished") || changed("startTime")) && !status.startTime)
    errors.push(field.required("status.startTime", "startTime is required for finished job"));
  if (
    (turned("finished") || changed("uncountedTerminatedPods")) &&
    (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0) > 0
  )
    errors.push(
      field.invalid(
        "status.uncountedTerminatedPods",
        internalForm("UncountedTerminatedPods", uncounted),
        "uncountedTerminatedPods needs to be empty for finished job",
      ),
    );
}

function checkFormat(name: "completedIndexes" | "failedIndexes", { job, status, errors }: StatusChange): void {
  const text = status[name];
  try {
    if (text !== undefined && job.spec.completions !== undefined) countIndexes(text, job.spec.completions);
  } catch (error) {
    if (!(error instanceof IndexFormatError)) throw error;
    errors.push(field.invalid(`status.${name}`, text, `error parsing ${name}: ${error.message}`));
  }
}

function checkIndexes(change: StatusChange): void {
  const { job, status, errors, changed } = change;
  const { completedIndexes: completed = "", failedIndexes: failed } = status;
  const { spec } = job;
  const [completedChanged, failedChanged] = [changed("completedIndexes"), changed("failedIndexes")];
  if (completedChanged) checkFormat("completedIndexes", change);
  if (failedChanged && spec.backoffLimitPerIndex !== undefined) checkFormat("failedIndexes", change);
  if (completedChanged && completed !== "" && spec.completionMode !== "Indexed")
    errors.push(
      field.invalid(
        "status.completedIndexes",
        completed,
        "cannot set non-empty completedIndexes when non-indexed completion mode",
      ),
    );
  if (failedChanged && spec.backoffLimitPerIndex === undefined && failed !== undefined)
    errors.push(
      field.invalid(
        "status.failedIndexes",
        failed,
        "cannot set non-null failedIndexes when backoffLimitPerIndex is null",
      ),
    );
  if (!completedChanged && !failedChanged) return;
  const common = firstCommonIndex(completed, failed ?? "", spec.completions ?? 0);
  if (spec.completions !== undefined && common !== undefined)
    errors.push(
      field.invalid("status.failedIndexes", failed, `failedIndexes and completedIndexes overlap at index: ${common}`),
    );
}

function checkPods({ status, ends, errors, changed, turned }: StatusChange): void {
  const { terminating = 0, ready, active = 0 } = status;
  if ((turned("finished") || changed("terminating")) && terminating > 0 && ends.finished)
    errors.push(field.invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"));
  if (changed("ready", "active") && ready !== undefined && ready > active)
    errors.push(field.invalid("status.ready", ready, "cannot set more ready pods than active"));
}

function checkSuccess({ job, ends, errors }: StatusChange): void {
  const refuse = (message: string): number => errors.push(invalidWhole(CONDITIONS, message));
  if (ends.successCriteriaMet && ends.failed) refuse("cannot set SuccessCriteriaMet=True and Failed=true conditions");
  if (ends.successCriteriaMet && ends.failureTarget)
    refuse("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  if (job.spec.successPolicy && !ends.successCriteriaMet && ends.complete)
    refuse("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
}

function checkTransitions({ job, status, old, ends, oldEnds, errors }: StatusChange): void {
  const terminal = [
    ["Failed", "failed"],
    ["Complete", "complete"],
    ["FailureTarget", "failureTarget"],
  ] as const;
  const refuse = (message: string): number => errors.push(invalidWhole(CONDITIONS, message));
  for (const [type, name] of terminal)
    if (oldEnds[name] && !ends[name]) refuse(`cannot disable the terminal ${type}=True condition`);
  const { failed = 0, succeeded = 0 } = status;
  if (failed < (old.failed ?? 0))
    errors.push(field.invalid("status.failed", failed, "cannot decrease the failed counter"));
  const mayShrink = job.spec.completionMode === "Indexed" && job.spec.completions === job.spec.parallelism;
  if (!mayShrink && succeeded < (old.succeeded ?? 0))
    errors.push(field.invalid("status.succeeded", succeeded, "cannot decrease the succeeded counter"));
  if (status.completionTime && old.completionTime && status.completionTime !== old.completionTime)
    errors.push(field.invalid("status.completionTime", status.completionTime, "completionTime cannot be mutated"));
  if (old.startTime && old.startTime !== status.startTime && !job.spec.suspend)
    errors.push(field.required("status.startTime", "startTime cannot be removed for unsuspended job"));
  if (oldEnds.successCriteriaMet && !ends.successCriteriaMet)
    refuse("cannot disable the SuccessCriteriaMet=True condition");
  if (oldEnds.complete && !oldEnds.successCriteriaMet && ends.successCriteriaMet)
    refuse("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
}

/** What is wrong with the change of a job's status. */
export function validateJobStatus(job: Job, before: Job): Errors {
  const errors: Errors = [];
  const [status, old] = [job.status ?? {}, before.status ?? {}];
  const [ends, oldEnds] = [endsOf(status), endsOf(old)];
  const change: StatusChange = {
    job,
    status,
    old,
    ends,
    oldEnds,
    errors,
    changed: (...names) => names.some((name) => !sameJson(status[name], old[name])),
    turned: (...names) => names.some((name) => ends[name] !== oldEnds[name]),
  };
  checkCounters(status, ["active", "succeeded", "failed", "ready", "terminating"], errors);
  checkUncounted(change);
  checkContradictions(change);
  checkTimes(change);
  checkEnds(change);
  checkFinished(change);
  checkIndexes(change);
  checkPods(change);
  checkSuccess(change);
  checkTransitions(change);
  return errors;
}
