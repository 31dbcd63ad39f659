// SPDX-License-Identifier: Apache-2.0

import type { Access } from "./authorizer.ts";

/** A rule of a Role or ClusterRole, in wire form. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const matchesAll = (values: readonly string[] | undefined, value: string): boolean =>
  values !== undefined && (values.includes("*") || values.includes(value));

function matchesResource(rule: PolicyRule, resource: string, subresource: string): boolean {
  const { resources } = rule;
  if (!resources) return false;
  if (resources.includes("*")) return true;
  if (subresource === "") return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function matchesPath(rule: PolicyRule, path: string): boolean {
  for (const url of rule.nonResourceURLs ?? []) {
    if (url === "*" || url === path) return true;
    if (url.endsWith("*") && path.startsWith(url.slice(0, -1))) return true;
  }
  return false;
}

/** Whether a rule allows an access, with upstream's wildcards. */
export function ruleAllows(rule: PolicyRule, access: Access): boolean {
  if (!matchesAll(rule.verbs, access.verb)) return false;
  if (!access.isResourceRequest) return matchesPath(rule, access.path);
  return (
    matchesAll(rule.apiGroups, access.group) &&
    matchesResource(rule, access.resource, access.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(access.name))
  );
}
