// SPDX-License-Identifier: Apache-2.0

import type { Job } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { parseIndexes } from "./indexes.ts";

/** The rule of a job's success policy that is met, in words; undefined when none is. */
export function metSuccessRule(job: Cached<Job>, succeeded: ReadonlySet<number>): string | undefined {
  const completions = job.spec.completions ?? 0;
  for (const [i, rule] of (job.spec.successPolicy?.rules ?? []).entries()) {
    const wanted = rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes, completions);
    const matched = wanted ? [...wanted].filter((index) => succeeded.has(index)).length : succeeded.size;
    const needed = rule.succeededCount ?? wanted?.size ?? completions;
    if (matched >= needed) return `Matched rules at index ${i}`;
  }
  return undefined;
}
