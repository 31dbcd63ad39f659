// SPDX-License-Identifier: Apache-2.0

import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from "../api/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";

const INTEGER = /^[-+]?\d+$/;

function compareNumbers(value: string | undefined, operand: string | undefined, greater: boolean): boolean {
  if (value === undefined || operand === undefined || !INTEGER.test(value) || !INTEGER.test(operand)) return false;
  return greater ? BigInt(value) > BigInt(operand) : BigInt(value) < BigInt(operand);
}

function matchesRequirement(requirement: DeepReadonly<NodeSelectorRequirement>, value: string | undefined): boolean {
  const { operator, values = [] } = requirement;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt":
      return compareNumbers(value, values[0], operator === "Gt");
    default:
      return false;
  }
}

/** Whether a node matches all requirements of a term; an empty term matches none. */
export function matchesNodeSelectorTerm(term: DeepReadonly<NodeSelectorTerm>, node: DeepReadonly<Node>): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  for (const requirement of matchExpressions) {
    if (!matchesRequirement(requirement, node.metadata.labels?.[requirement.key])) return false;
  }
  for (const requirement of matchFields) {
    const value = requirement.key === "metadata.name" ? node.metadata.name : undefined;
    if (!matchesRequirement(requirement, value)) return false;
  }
  return true;
}

/** Whether a node matches one of a selector's terms. */
export const matchesNodeSelector = (selector: DeepReadonly<NodeSelector>, node: DeepReadonly<Node>): boolean =>
  selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));

/** Whether a pod's node selector and required node affinity let it onto a node. */
export function podMatchesNode(pod: DeepReadonly<Pod>, node: DeepReadonly<Node>): boolean {
  const { nodeSelector, affinity } = pod.spec;
  if (nodeSelector) {
    const labels = node.metadata.labels;
    for (const key in nodeSelector) if (labels?.[key] !== nodeSelector[key]) return false;
  }
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesNodeSelector(required, node);
}
