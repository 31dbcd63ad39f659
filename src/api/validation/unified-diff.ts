// SPDX-License-Identifier: Apache-2.0

import { goJson } from "../../apimachinery/index.ts";

const CONTEXT = 3;

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** The longest run of equal lines in a window, the first of several, as difflib finds it (popular lines do not seed it). */
function longestMatch(
  a: readonly string[],
  positions: ReadonlyMap<string, readonly number[]>,
  b: readonly string[],
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Match {
  let best: Match = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    for (const j of positions.get(a[i]!) ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: i, b: j, size } = best;
  while (i > aLow && j > bLow && a[i - 1] === b[j - 1]) {
    i--;
    j--;
    size++;
  }
  while (i + size < aHigh && j + size < bHigh && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}

const POPULAR_FROM_LINES = 200;

function linePositions(b: readonly string[]): Map<string, number[]> {
  const positions = new Map<string, number[]>();
  for (const [j, line] of b.entries()) {
    const known = positions.get(line);
    if (known) known.push(j);
    else positions.set(line, [j]);
  }
  if (b.length < POPULAR_FROM_LINES) return positions;
  const limit = Math.floor(b.length / 100) + 1;
  for (const [line, found] of positions) if (found.length > limit) positions.delete(line);
  return positions;
}

function matchingBlocks(a: readonly string[], b: readonly string[]): Match[] {
  const positions = linePositions(b);
  const blocks: Match[] = [];
  const walk = (window: readonly [number, number, number, number]): void => {
    const [aLow, aHigh, bLow, bHigh] = window;
    const match = longestMatch(a, positions, b, window);
    if (match.size === 0) return;
    if (aLow < match.a && bLow < match.b) walk([aLow, match.a, bLow, match.b]);
    blocks.push(match);
    const aEnd = match.a + match.size;
    const bEnd = match.b + match.size;
    if (aEnd < aHigh && bEnd < bHigh) walk([aEnd, aHigh, bEnd, bHigh]);
  };
  walk([0, a.length, 0, b.length]);
  const merged: Match[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (last && last.a + last.size === block.a && last.b + last.size === block.b)
      merged[merged.length - 1] = { ...last, size: last.size + block.size };
    else merged.push(block);
  }
  return [...merged, { a: a.length, b: b.length, size: 0 }];
}

/** A stretch of both sides: equal, or replaced. */
interface Stretch {
  readonly equal: boolean;
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

function stretches(a: readonly string[], b: readonly string[]): Stretch[] {
  const out: Stretch[] = [];
  let i = 0;
  let j = 0;
  for (const block of matchingBlocks(a, b)) {
    if (i < block.a || j < block.b) out.push({ equal: false, aStart: i, aEnd: block.a, bStart: j, bEnd: block.b });
    i = block.a + block.size;
    j = block.b + block.size;
    if (block.size > 0) out.push({ equal: true, aStart: block.a, aEnd: i, bStart: block.b, bEnd: j });
  }
  return out;
}

const headOf = (s: Stretch): Stretch => ({
  ...s,
  aEnd: Math.min(s.aEnd, s.aStart + CONTEXT),
  bEnd: Math.min(s.bEnd, s.bStart + CONTEXT),
});
const tailOf = (s: Stretch): Stretch => ({
  ...s,
  aStart: Math.max(s.aStart, s.aEnd - CONTEXT),
  bStart: Math.max(s.bStart, s.bEnd - CONTEXT),
});

/** Groups of stretches with a few equal lines around each change. */
function hunks(all: readonly Stretch[]): Stretch[][] {
  const groups: Stretch[][] = [];
  let group: Stretch[] = [];
  for (const [i, stretch] of all.entries()) {
    const isLast = i === all.length - 1;
    if (!stretch.equal) group.push(stretch);
    else if (i === 0) group.push(tailOf(stretch));
    else if (isLast) group.push(headOf(stretch));
    else if (stretch.aEnd - stretch.aStart > 2 * CONTEXT) {
      groups.push([...group, headOf(stretch)]);
      group = [tailOf(stretch)];
    } else group.push(stretch);
  }
  if (group.some((stretch) => !stretch.equal)) groups.push(group);
  return groups;
}

function rangeText(start: number, end: number): string {
  const length = end - start;
  if (length === 1) return String(start + 1);
  return length === 0 ? `${start},0` : `${start + 1},${length}`;
}

const prefixed = (prefix: string, lines: readonly string[]): string =>
  lines.map((line) => `${prefix}${line}\n`).join("");

/** What changed from one value to another, as a unified diff of their indented JSON without file names. */
export function unifiedDiff(from: unknown, to: unknown): string {
  const a = goJson(from, 1).split("\n");
  const b = goJson(to, 1).split("\n");
  let text = "";
  for (const group of hunks(stretches(a, b))) {
    const first = group[0]!;
    const last = group.at(-1)!;
    text += `@@ -${rangeText(first.aStart, last.aEnd)} +${rangeText(first.bStart, last.bEnd)} @@\n`;
    for (const { equal, aStart, aEnd, bStart, bEnd } of group) {
      if (equal) text += prefixed(" ", a.slice(aStart, aEnd));
      else text += prefixed("-", a.slice(aStart, aEnd)) + prefixed("+", b.slice(bStart, bEnd));
    }
  }
  return text;
}
