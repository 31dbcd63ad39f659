// SPDX-License-Identifier: Apache-2.0

import { labelSelectorOf } from "../../apimachinery/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { LabelSelector, PodAffinityTerm } from "../../api/index.ts";
import type { PodInfo } from "../pod-info.ts";

/** Labels of a namespace, for terms that select namespaces. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>>;

/** A term of inter-pod affinity, ready to be matched against pods. */
export interface CompiledTerm {
  readonly topologyKey: string;
  readonly weight: number;
  matches(pod: PodInfo): boolean;
}

/** Adds the values of matchLabelKeys and mismatchLabelKeys of the term's own pod (KEP-3633, KEP-3243). */
function withLabelKeys(
  selector: DeepReadonly<LabelSelector> | undefined,
  labels: Readonly<Record<string, string>>,
  match: readonly string[] = [],
  mismatch: readonly string[] = [],
): DeepReadonly<LabelSelector> | undefined {
  if (!selector || (match.length === 0 && mismatch.length === 0)) return selector;
  const expressions = [...(selector.matchExpressions ?? [])];
  for (const key of match)
    if (Object.hasOwn(labels, key)) expressions.push({ key, operator: "In", values: [labels[key]!] });
  for (const key of mismatch)
    if (Object.hasOwn(labels, key)) expressions.push({ key, operator: "NotIn", values: [labels[key]!] });
  return { ...selector, matchExpressions: expressions };
}

/** Compiles a term of `owner`; without namespaces it means the owner's own. */
export function compileTerm(
  term: DeepReadonly<PodAffinityTerm>,
  owner: PodInfo,
  namespaceLabels: NamespaceLabels,
  weight = 1,
): CompiledTerm {
  const selector = withLabelKeys(term.labelSelector, owner.labels, term.matchLabelKeys, term.mismatchLabelKeys);
  const compiled = selector && labelSelectorOf(selector);
  const namespaces = term.namespaceSelector && labelSelectorOf(term.namespaceSelector);
  const named = new Set(term.namespaces ?? []);
  if (named.size === 0 && !term.namespaceSelector) named.add(owner.namespace);
  const inNamespace = (namespace: string): boolean =>
    named.has(namespace) || (namespaces !== undefined && namespaces.matches(namespaceLabels(namespace)));
  return {
    topologyKey: term.topologyKey,
    weight,
    matches: (pod) => compiled !== undefined && compiled.matches(pod.labels) && inNamespace(pod.namespace),
  };
}
