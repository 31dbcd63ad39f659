// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "../../apimachinery/index.ts";

/** Indexes from the first to the last, both included. */
export interface IndexInterval {
  readonly first: number;
  readonly last: number;
}

/** Text of indexes that cannot be read. */
export class IndexFormatError extends Error {}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new IndexFormatError(`cannot convert string to integer for index: ${goQuote(text)}`);
  const index = Number(text);
  if (index >= completions) throw new IndexFormatError(`too large index: ${goQuote(text)}`);
  return index;
}

function parseInterval(text: string, completions: number): IndexInterval {
  const [start = "", end, ...more] = text.split("-");
  if (more.length > 0)
    throw new IndexFormatError(
      `the fragment ${goQuote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  const first = parseIndex(start, completions);
  const last = end === undefined ? first : parseIndex(end, completions);
  if (end !== undefined && first >= last)
    throw new IndexFormatError(`non-increasing order, previous: ${first}, current: ${last}`);
  return { first, last };
}

/** Reads indexes such as "1,3-5,7": increasing, and below the count of completions. Answers how many they are. */
export function countIndexes(text: string, completions: number): number {
  if (text === "") return 0;
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(",")) {
    const { first, last } = parseInterval(part, completions);
    if (previous !== undefined && previous >= first)
      throw new IndexFormatError(`non-increasing order, previous: ${previous}, current: ${first}`);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** The intervals that can be read; mistakes in the others are reported where the format is checked. */
function readableIntervals(text: string, completions: number): IndexInterval[] {
  if (text === "") return [];
  return text.split(",").flatMap((part) => {
    try {
      return [parseInterval(part, completions)];
    } catch (error) {
      if (error instanceof IndexFormatError) return [];
      throw error;
    }
  });
}

/** The first index that both texts hold. */
export function firstCommonIndex(completed: string, failed: string, completions: number): number | undefined {
  const [left, right] = [readableIntervals(completed, completions), readableIntervals(failed, completions)];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i]!, right[j]!];
    if (a.first <= b.last && b.first <= a.last) return Math.max(a.first, b.first);
    if (a.first <= b.first) i++;
    else j++;
  }
  return undefined;
}
