// SPDX-License-Identifier: Apache-2.0

import { goJson, isJsonObject, type JsonObject } from "../../apimachinery/index.ts";

/**
 * A patched object as upstream's messages print it: it reads only what a patch touches, and writes the keys of that in
 * order; all else stays as it was.
 */
export const textAfterMergePatch = (patched: unknown, patch: unknown, current: unknown): string =>
  goJson(mergeSorted(patched, patch, current));

function mergeSorted(value: unknown, patch: unknown, current: unknown): unknown {
  if (!isJsonObject(current)) return deepSorted(value);
  if (!isJsonObject(value) || !isJsonObject(patch)) return value;
  return sorted(value, (key) =>
    Object.hasOwn(patch, key) ? mergeSorted(value[key], patch[key], current[key]) : value[key],
  );
}

function sorted(value: JsonObject, entry: (key: string) => unknown): JsonObject {
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, entry(key)]),
  );
}

function deepSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepSorted);
  return isJsonObject(value) ? sorted(value, (key) => deepSorted(value[key])) : value;
}

/** As textAfterMergePatch, of a JSON patch: it touches what its pointers lead through, and what it tests. */
export function textAfterJsonPatch(patched: unknown, patch: unknown): string {
  const touched = new Set<unknown>([patched]);
  const tested = new Set<unknown>();
  for (const operation of Array.isArray(patch) ? patch : []) {
    if (!isJsonObject(operation)) continue;
    const { path, from, op } = operation;
    const found = follow(patched, path, touched);
    if (op === "test") tested.add(found);
    follow(patched, from, touched);
  }
  return goJson(touchedSorted(patched, touched, tested));
}

/** What a pointer leads to; what it leads through is added to `touched`. */
function follow(root: unknown, pointer: unknown, touched: Set<unknown>): unknown {
  if (typeof pointer !== "string") return undefined;
  let at = root;
  for (const token of pointer.split("/").slice(1)) {
    touched.add(at);
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function touchedSorted(value: unknown, touched: ReadonlySet<unknown>, tested: ReadonlySet<unknown>): unknown {
  if (typeof value === "object" && value !== null && tested.has(value)) return deepSorted(value);
  if (!touched.has(value)) return value;
  if (Array.isArray(value)) return value.map((item) => touchedSorted(item, touched, tested));
  return isJsonObject(value) ? sorted(value, (key) => touchedSorted(value[key], touched, tested)) : value;
}
