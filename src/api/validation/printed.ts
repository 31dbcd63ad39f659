// SPDX-License-Identifier: Apache-2.0

import type { LabelSelectorExpression, LabelSelectorFields, ObjectMeta } from "../../apimachinery/index.ts";

/** A map as messages print it: by its keys. */
export function sortedMap<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | undefined {
  if (!map) return undefined;
  const sorted: Record<string, V> = {};
  for (const key of Object.keys(map).sort()) sorted[key] = map[key]!;
  return sorted;
}

/** The metadata of a template as messages print it. */
export const printedMetadata = (metadata: ObjectMeta | undefined): object => ({
  ...metadata,
  ...(metadata?.labels && { labels: sortedMap(metadata.labels) }),
  ...(metadata?.annotations && { annotations: sortedMap(metadata.annotations) }),
});

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
