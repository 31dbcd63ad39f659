// SPDX-License-Identifier: Apache-2.0

import { goQuotedList } from "../../apimachinery/index.ts";
import type { PolicyRule } from "./policy-rule.ts";

/** Splits a rule into rules of one verb, one group, one resource (and one name) each, or one verb and one path. */
function atomicRules(rule: PolicyRule): PolicyRule[] {
  const atoms: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (!rule.resourceNames?.length) atoms.push(atom);
        for (const name of rule.resourceNames ?? []) atoms.push({ ...atom, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) atoms.push({ verbs: [verb], nonResourceURLs: [url] });
  }
  return atoms;
}

const has = (values: readonly string[] | undefined, wanted: string): boolean =>
  values !== undefined && (values.includes("*") || values.includes(wanted));

function resourceCovered(owned: readonly string[] | undefined, wanted: string): boolean {
  if (has(owned, wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && (owned ?? []).includes(`*${wanted.slice(slash)}`);
}

const pathCovered = (owned: readonly string[] | undefined, wanted: string): boolean =>
  (owned ?? []).some(
    (path) => path === "*" || path === wanted || (path.endsWith("*") && wanted.startsWith(path.slice(0, -1))),
  );

/** Whether an owned rule holds all that an atomic one grants. */
function covers(owned: PolicyRule, atom: PolicyRule): boolean {
  if (!has(owned.verbs, atom.verbs[0]!)) return false;
  const path = atom.nonResourceURLs?.[0];
  if (path !== undefined) return pathCovered(owned.nonResourceURLs, path);
  const name = atom.resourceNames?.[0];
  return (
    has(owned.apiGroups, atom.apiGroups![0]!) &&
    resourceCovered(owned.resources, atom.resources![0]!) &&
    (!owned.resourceNames?.length || (name !== undefined && owned.resourceNames.includes(name)))
  );
}

/** What of `wanted` is not held by `owned`, in atomic rules. */
export const uncoveredRules = (owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] =>
  wanted.flatMap(atomicRules).filter((atom) => !owned.some((rule) => covers(rule, atom)));

/** Joins atomic rules that differ by their verb only. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs?.length) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = joined.get(key);
    joined.set(key, known ? { ...known, verbs: [...known.verbs, ...rule.verbs] } : rule);
  }
  return [...joined.values(), ...others];
}

/** A rule as upstream prints it in messages. */
export function ruleText(rule: PolicyRule): string {
  const parts: readonly [name: string, values: readonly string[] | undefined][] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  const filled = parts.filter(([, values]) => values?.length);
  return `{${filled.map(([name, values]) => `${name}:${goQuotedList(values!)}`).join(", ")}}`;
}
