// SPDX-License-Identifier: Apache-2.0

import {
  inFieldOrder,
  type LabelSelectorExpression,
  type LabelSelectorFields,
  type ObjectMeta,
  sentEmpty,
} from "../../apimachinery/index.ts";
import { schemaRegistry } from "../schema.ts";

/** A map as messages print it: by its keys. */
export function sortedMap<V>(map: Readonly<Record<string, V>> | undefined): Record<string, V> | undefined {
  if (!map) return undefined;
  const sorted: Record<string, V> = {};
  for (const key of Object.keys(map).sort()) sorted[key] = map[key]!;
  return sorted;
}

/** The metadata of a template as messages print it. */
export function printedMetadata(metadata: ObjectMeta | undefined): object {
  const { creationTimestamp, ...rest } = metadata ?? {};
  const known = { ...rest, ...(creationTimestamp && { creationTimestamp }) };
  return inFieldOrder(schemaRegistry(), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", known) as object;
}

/** A list as messages print it: one that was sent empty is told apart from one that was not sent. */
export function printedList<T extends object>(owner: T, field: keyof T & string): unknown {
  return owner[field] ?? sentEmpty(owner, field) ?? null;
}

/** As printedList, of a map, by its keys. */
export function printedMap<T extends object>(owner: T | undefined, field: keyof T & string): unknown {
  if (owner?.[field] === undefined) return (owner && sentEmpty(owner, field)) ?? null;
  return sortedMap(owner[field] as Record<string, unknown>);
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
