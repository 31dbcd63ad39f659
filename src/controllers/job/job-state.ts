// SPDX-License-Identifier: Apache-2.0

import type { Job, JobCondition } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";

/** The condition of that type that holds, if any. */
export const trueCondition = (job: DeepReadonly<Job>, type: string): DeepReadonly<JobCondition> | undefined =>
  job.status?.conditions?.find((condition) => condition.type === type && condition.status === "True");

/** How a job ended: the Complete or Failed condition. */
export const finishedCondition = (job: DeepReadonly<Job>): DeepReadonly<JobCondition> | undefined =>
  trueCondition(job, "Complete") ?? trueCondition(job, "Failed");

export const isIndexed = (job: DeepReadonly<Job>): boolean => job.spec?.completionMode === "Indexed";
