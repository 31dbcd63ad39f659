// SPDX-License-Identifier: Apache-2.0

/** Completion indexes as a job's status writes them: `0-2,5`. */
export function parseIndexes(text: string | undefined, limit = Number.POSITIVE_INFINITY): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? "").split(",")) {
    if (part === "") continue;
    const [first = "", last = first] = part.split("-");
    for (let i = Number(first); i <= Math.min(Number(last), limit - 1); i++) indexes.add(i);
  }
  return indexes;
}

/** The text of a set of indexes: three and more in a row are a range. */
export function formatIndexes(indexes: Iterable<number>): string {
  const parts: string[] = [];
  let first: number | undefined;
  let last = 0;
  const close = (): void => {
    if (first === undefined) return;
    if (first === last) parts.push(String(first));
    else parts.push(last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  };
  for (const index of [...indexes].sort((a, b) => a - b)) {
    if (first !== undefined && index === last + 1) last = index;
    else {
      close();
      first = index;
      last = index;
    }
  }
  close();
  return parts.join(",");
}
