// SPDX-License-Identifier: Apache-2.0

import type { ContainerStatus, Job, Pod, PodFailurePolicyRule } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";

type Rule = DeepReadonly<PodFailurePolicyRule>;

/** What a job's policy makes of a failed pod. */
export type FailureVerdict =
  | { readonly action: "Count" | "Ignore" | "FailIndex" }
  | { readonly action: "FailJob"; readonly message: string };

function exitCodeMatch(rule: Rule, status: DeepReadonly<ContainerStatus>): number | undefined {
  const { onExitCodes } = rule;
  const exitCode = status.state?.terminated?.exitCode;
  if (!onExitCodes || exitCode === undefined || exitCode === 0) return undefined;
  if (onExitCodes.containerName !== undefined && onExitCodes.containerName !== status.name) return undefined;
  const listed = onExitCodes.values.includes(exitCode);
  return listed === (onExitCodes.operator === "In") ? exitCode : undefined;
}

/** Why the rule applies to the pod; undefined when it does not. */
function reasonOf(rule: Rule, index: number, pod: Cached<Pod>): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  for (const status of statuses) {
    const exitCode = exitCodeMatch(rule, status);
    if (exitCode === undefined) continue;
    return `Container ${status.name} for pod ${name} failed with exit code ${exitCode} matching ${rule.action} rule at index ${index}`;
  }
  for (const { type, status = "True" } of rule.onPodConditions ?? []) {
    if (!pod.status.conditions?.some((condition) => condition.type === type && condition.status === status)) continue;
    return `Pod ${name} has condition ${type} matching ${rule.action} rule at index ${index}`;
  }
  return undefined;
}

/** The first rule that applies decides; a failure that none mentions counts. */
export function judgeFailure(job: Cached<Job>, pod: Cached<Pod>): FailureVerdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const message = reasonOf(rule, index, pod);
    if (message === undefined) continue;
    switch (rule.action) {
      case "FailJob":
        return { action: "FailJob", message };
      case "Ignore":
        return { action: "Ignore" };
      case "FailIndex":
        if (job.spec.backoffLimitPerIndex !== undefined) return { action: "FailIndex" };
        break;
      case "Count":
        return { action: "Count" };
      default:
    }
  }
  return { action: "Count" };
}
