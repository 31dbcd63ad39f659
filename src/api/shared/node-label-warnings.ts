// SPDX-License-Identifier: Apache-2.0

import { labelValueErrors } from "../../apimachinery/index.ts";
import type { NodeSelector, NodeSelectorTerm } from "../generated/v1.35/core-v1.ts";

const DEPRECATED: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

/** What to say about a label of nodes that has a newer name; undefined otherwise. */
export const deprecatedNodeLabel = (key: string): string | undefined => DEPRECATED[key];

/** Warnings about one term; values are looked at where validation lets any pass. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm, checkValues: boolean, path: string): string[] {
  const warnings: string[] = [];
  for (const [i, { key, values = [] }] of (term.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    const message = deprecatedNodeLabel(key);
    if (message) warnings.push(`${at}.key: ${key} is ${message}`);
    if (!checkValues) continue;
    for (const [j, value] of values.entries())
      for (const wrong of labelValueErrors(value)) warnings.push(`${at}.values[${j}]: ${value} is invalid, ${wrong}`);
  }
  return warnings;
}

/** Warnings about all terms of a selector. */
export const nodeSelectorWarnings = (selector: NodeSelector | undefined, path: string): string[] =>
  (selector?.nodeSelectorTerms ?? []).flatMap((term, i) =>
    nodeSelectorTermWarnings(term, false, `${path}.nodeSelectorTerms[${i}]`),
  );
