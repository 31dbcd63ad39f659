// SPDX-License-Identifier: Apache-2.0

import type { Pod, ResourceQuota, ScopedResourceSelectorRequirement } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { qosClassOf } from "../qos-class.ts";

type Requirement = DeepReadonly<ScopedResourceSelectorRequirement>;

function usesCrossNamespaceAffinity(pod: DeepReadonly<Pod>): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return [...required, ...preferred.map(({ podAffinityTerm }) => podAffinityTerm)].some(
      ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
    );
  });
}

function matchesPriority({ operator, values = [] }: Requirement, name: string | undefined): boolean {
  switch (operator) {
    case "Exists":
      return Boolean(name);
    case "DoesNotExist":
      return !name;
    case "In":
      return name !== undefined && values.includes(name);
    default:
      return name === undefined || !values.includes(name);
  }
}

function matches(requirement: Requirement, pod: DeepReadonly<Pod>): boolean {
  const { activeDeadlineSeconds, priorityClassName } = pod.spec;
  switch (requirement.scopeName) {
    case "Terminating":
      return activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return activeDeadlineSeconds === undefined;
    case "BestEffort":
      return qosClassOf(pod) === "BestEffort";
    case "NotBestEffort":
      return qosClassOf(pod) !== "BestEffort";
    case "PriorityClass":
      return matchesPriority(requirement, priorityClassName);
    case "CrossNamespacePodAffinity":
      return usesCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

/** What a quota is limited to; it counts everything when there is nothing. */
export function scopesOf(quota: DeepReadonly<ResourceQuota>): readonly Requirement[] {
  const named = (quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...named, ...(quota.spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a pod is within all scopes of a quota. */
export const podIsInScopes = (quota: DeepReadonly<ResourceQuota>, pod: DeepReadonly<Pod>): boolean =>
  scopesOf(quota).every((requirement) => matches(requirement, pod));
