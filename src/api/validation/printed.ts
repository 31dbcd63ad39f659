// SPDX-License-Identifier: Apache-2.0

import type { LabelSelectorExpression, LabelSelectorFields, ObjectMeta } from "../../apimachinery/index.ts";

/** A map as messages print it: by its keys. */
export function sortedMap<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | undefined {
  if (!map) return undefined;
  const sorted: Record<string, V> = {};
  for (const key of Object.keys(map).sort()) sorted[key] = map[key]!;
  return sorted;
}

/** In the order of Go's struct. */
const METADATA_FIELDS = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const;

/** The metadata of a template as messages print it. */
export function printedMetadata(metadata: ObjectMeta | undefined): object {
  const printed: Record<string, unknown> = {};
  for (const name of METADATA_FIELDS) {
    const value = metadata?.[name];
    if (value === undefined || value === null) continue;
    printed[name] = name === "labels" || name === "annotations" ? sortedMap(metadata?.[name]) : value;
  }
  return printed;
}

const printedExpression = ({ key, operator, values }: LabelSelectorExpression): object => ({
  key,
  operator,
  ...(values?.length && { values }),
});

/** A label selector as messages print it. */
export function printedSelector(selector: LabelSelectorFields | undefined): object | undefined {
  if (!selector) return undefined;
  const { matchLabels, matchExpressions } = selector;
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 && { matchLabels: sortedMap(matchLabels) }),
    ...(matchExpressions?.length && { matchExpressions: matchExpressions.map(printedExpression) }),
  };
}
