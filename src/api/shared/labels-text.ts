// SPDX-License-Identifier: Apache-2.0

import type { LabelSelector, LabelSelectorRequirement } from "../generated/v1.35/meta-v1.ts";

/** A set of labels as a selector's text: sorted `k=v`. */
export const labelsText = (labels: Readonly<Record<string, string>> = {}): string =>
  Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(",");

/** Labels as `kubectl get` prints them. */
export const formatLabels = (labels: Readonly<Record<string, string>> | undefined): string =>
  labelsText(labels) || "<none>";

function requirementText(requirement: LabelSelectorRequirement): string | undefined {
  const { key } = requirement;
  const values = [...(requirement.values ?? [])].sort().join(",");
  switch (requirement.operator) {
    case "In":
      return `${key} in (${values})`;
    case "NotIn":
      return `${key} notin (${values})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return undefined;
  }
}

/** A label selector in the syntax of the labelSelector query; undefined when an operator is unknown. */
export function labelSelectorText(selector: LabelSelector | undefined): string | undefined {
  if (!selector) return "";
  const parts: { key: string; text: string }[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) parts.push({ key, text: `${key}=${value}` });
  for (const requirement of selector.matchExpressions ?? []) {
    const text = requirementText(requirement);
    if (text === undefined) return undefined;
    parts.push({ key: requirement.key, text });
  }
  parts.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return parts.map((part) => part.text).join(",");
}

/** A label selector in a table's cell. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const text = labelSelectorText(selector);
  return text === undefined ? "<error>" : text || "<none>";
}

/** A list in a table's cell, cut after three: `a,b,c + 2 more...`. */
export function listWithMore(items: readonly string[], count: number, max = 3): string {
  const text = items.slice(0, max).join(",");
  return count > max ? `${text} + ${count - max} more...` : text;
}
