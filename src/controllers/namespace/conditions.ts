// SPDX-License-Identifier: Apache-2.0

import type { NamespaceCondition } from "../../api/index.ts";
import { formatTime, type DeepReadonly } from "../../apimachinery/index.ts";

type Failures = Readonly<Partial<Record<ConditionType, { readonly reason: string; readonly message: string }>>>;

type ConditionType =
  | "NamespaceDeletionDiscoveryFailure"
  | "NamespaceDeletionGroupVersionParsingFailure"
  | "NamespaceDeletionContentFailure"
  | "NamespaceContentRemaining"
  | "NamespaceFinalizersRemaining";

/** What each condition says when nothing is in the way, in the order in which they are written. */
const WELL: readonly (readonly [type: ConditionType, reason: string, message: string])[] = [
  ["NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"],
  ["NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
  [
    "NamespaceDeletionContentFailure",
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
  ],
  ["NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"],
  ["NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"],
];

/** What one pass over a namespace's content found. */
export interface ContentReport {
  /** Failures to find out what there is, and to delete it. */
  readonly discoveryErrors: readonly string[];
  readonly deletionErrors: readonly string[];
  /** Objects left, by `resource.group`. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Objects left that a finalizer holds, by finalizer. */
  readonly finalizers: ReadonlyMap<string, number>;
}

const listed = (counts: ReadonlyMap<string, number>, word: string): string =>
  [...counts]
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${word} ${count} resource instances`)
    .sort()
    .join(", ");

const aggregate = (errors: readonly string[]): string => (errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`);

function failuresOf(report: ContentReport): Failures {
  const { discoveryErrors, deletionErrors, remaining, finalizers } = report;
  const failures: { -readonly [K in keyof Failures]: Failures[K] } = {};
  if (discoveryErrors.length > 0) {
    const message = `Discovery failed for some groups, ${discoveryErrors.length} failing: ${aggregate(discoveryErrors)}`;
    failures.NamespaceDeletionDiscoveryFailure = { reason: "DiscoveryFailed", message };
  }
  if (deletionErrors.length > 0) {
    const message = `Failed to delete all resource types, ${deletionErrors.length} remaining: ${aggregate(deletionErrors)}`;
    failures.NamespaceDeletionContentFailure = { reason: "ContentDeletionFailed", message };
  }
  if (remaining.size > 0) {
    const message = `Some resources are remaining: ${listed(remaining, "has")}`;
    failures.NamespaceContentRemaining = { reason: "SomeResourcesRemain", message };
  }
  if (finalizers.size > 0) {
    const message = `Some content in the namespace has finalizers remaining: ${listed(finalizers, "in")}`;
    failures.NamespaceFinalizersRemaining = { reason: "SomeFinalizersRemain", message };
  }
  return failures;
}

/** The conditions after a pass; undefined when they say what they said. */
export function nextConditions(
  conditions: readonly DeepReadonly<NamespaceCondition>[],
  report: ContentReport,
  nowMs: number,
): NamespaceCondition[] | undefined {
  const failures = failuresOf(report);
  const next = conditions.map((condition) => ({ ...condition }));
  let changed = false;
  for (const [type, reason, message] of WELL) {
    const failure = failures[type];
    const text = { status: failure ? "True" : "False", ...(failure ?? { reason, message }) };
    const old = next.find((condition) => condition.type === type);
    if (!old) {
      next.push({ type, lastTransitionTime: formatTime(nowMs), ...text });
      changed = true;
    } else if (old.status !== text.status || old.reason !== text.reason || old.message !== text.message) {
      if (old.status !== text.status) old.lastTransitionTime = formatTime(nowMs);
      Object.assign(old, text);
      changed = true;
    }
  }
  return changed ? next : undefined;
}
