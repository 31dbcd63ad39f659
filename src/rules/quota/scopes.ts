// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement } from "../../api/index.ts";
import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";
import { qosClassOf } from "../qos-class.ts";
import type { CountedResource } from "./usage.ts";

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

/** A scope that selects by name: some of the names must match; nothing named is in no list. */
function matchesNames({ operator, values = [] }: Requirement, names: readonly string[]): boolean {
  switch (operator) {
    case "Exists":
      return names.length > 0;
    case "DoesNotExist":
      return names.length === 0;
    case "In":
      return names.some((name) => values.includes(name));
    default:
      return names.length === 0 || names.some((name) => !values.includes(name));
  }
}

const named = (...names: readonly (string | undefined)[]): string[] =>
  names.filter((name): name is string => Boolean(name));

/** Whether a deadline ends the pod: quotas tell pods that end from those that do not. */
export const isTerminatingPod = ({ spec }: DeepReadonly<Pod>): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0;

function podMatches(requirement: Requirement, pod: DeepReadonly<Pod>): boolean {
  switch (requirement.scopeName) {
    case "Terminating":
      return isTerminatingPod(pod);
    case "NotTerminating":
      return !isTerminatingPod(pod);
    case "BestEffort":
      return qosClassOf(pod) === "BestEffort";
    case "NotBestEffort":
      return qosClassOf(pod) !== "BestEffort";
    case "PriorityClass":
      return matchesNames(requirement, named(pod.spec.priorityClassName));
    case "CrossNamespacePodAffinity":
      return usesCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

function claimMatches(requirement: Requirement, { spec, status }: DeepReadonly<PersistentVolumeClaim>): boolean {
  if (requirement.scopeName !== "VolumeAttributesClass") return false;
  const target = status?.modifyVolumeStatus?.targetVolumeAttributesClassName;
  const names = named(spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, target);
  return matchesNames(requirement, names);
}

/** What a quota is limited to; it counts everything when there is nothing. */
function scopesOf(quota: DeepReadonly<ResourceQuota>): readonly Requirement[] {
  const named = (quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...named, ...(quota.spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether an object is within all scopes of a quota; only pods and claims can be within any. */
export function isInScopes(
  quota: DeepReadonly<ResourceQuota>,
  { group, resource }: CountedResource,
  object: DeepReadonly<KubeObject>,
): boolean {
  const scopes = scopesOf(quota);
  if (scopes.length === 0) return true;
  if (group !== "") return false;
  if (resource === "pods") return scopes.every((scope) => podMatches(scope, object as DeepReadonly<Pod>));
  if (resource !== "persistentvolumeclaims") return false;
  return scopes.every((scope) => claimMatches(scope, object as DeepReadonly<PersistentVolumeClaim>));
}
