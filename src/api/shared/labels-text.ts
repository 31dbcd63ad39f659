// SPDX-License-Identifier: Apache-2.0

import { labelSelectorOfSet } from "../../apimachinery/index.ts";

/** Labels as `kubectl get` prints them: sorted `k=v`. */
export const formatLabels = (labels: Readonly<Record<string, string>> | undefined): string =>
  labelSelectorOfSet(labels).toString() || "<none>";

/** A list in a table's cell, cut after three: `a,b,c + 2 more...`. */
export function listWithMore(items: readonly string[], count: number, max = 3): string {
  const text = items.slice(0, max).join(",");
  return count > max ? `${text} + ${count - max} more...` : text;
}
