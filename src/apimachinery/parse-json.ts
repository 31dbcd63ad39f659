// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "./go-quote.ts";
import { isJsonObject } from "./json-value.ts";
import {
  glanceAtJson,
  JsonNumber,
  JsonSyntaxError,
  MAX_DEPTH,
  nestingError,
  parseExactJson,
  settleNumbers,
  withoutLoneSurrogates,
  parseFastJson,
} from "./json-parser.ts";
import { jsonText } from "./object-codec.ts";
import { countMembers } from "./scalar-decoder.ts";

/**
 * Any JSON, whatever its type; integers beyond 2^53 are read exactly. Throws JsonSyntaxError.
 *
 * @example
 * parseJson('{"a":9007199254740993}') // { a: 9007199254740993n }
 */
export function parseJson(source: Uint8Array | string): unknown {
  const text = withoutLoneSurrogates(jsonText(source));
  try {
    return parseText(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw nestingError(text) ?? new JsonSyntaxError("exceeded max depth");
  }
}

function parseText(text: string): unknown {
  if (glanceAtJson(text).plainNumbers) {
    const value = parseFastJson(text);
    if (value !== undefined) {
      // JSON.parse takes any depth; those who walk through the value do not.
      const problem = text.length > MAX_DEPTH ? nestingError(text) : undefined;
      if (problem) throw problem;
      return value;
    }
  }
  return settleNumbers(parseExactJson(text).value);
}

/** The text of the first number in JSON that is too great for a double; undefined when all fit. */
export function numberOutOfRange(source: Uint8Array | string): string | undefined {
  const text = jsonText(source);
  return glanceAtJson(text).plainNumbers ? undefined : firstOutOfRange(parseExactJson(text).value);
}

function firstOutOfRange(value: unknown): string | undefined {
  if (value instanceof JsonNumber) return Number.isFinite(Number(value.text)) ? undefined : value.text;
  if (typeof value !== "object" || value === null) return undefined;
  for (const member of Object.values(value)) {
    const found = firstOutOfRange(member);
    if (found !== undefined) return found;
  }
  return undefined;
}

const NO_DUPLICATES: readonly string[] = [];

/**
 * The keys that stand twice in JSON, whose parsed value is given: `duplicate field "metadata.labels.a"`, in the order of
 * the source.
 */
export function duplicateKeys(source: Uint8Array | string, value: unknown): readonly string[] {
  const text = jsonText(source);
  if (glanceAtJson(text).members === countMembers(value)) return NO_DUPLICATES;
  const { value: exact, repeatedKeys } = parseExactJson(text);
  const found = new Set<string>();
  const visit = (at: unknown, path: string): void => {
    if (Array.isArray(at)) at.forEach((item, index) => visit(item, `${path}[${index}]`));
    if (!isJsonObject(at)) return;
    const seen = new Set<string>();
    for (const key of repeatedKeys.get(at) ?? Object.keys(at)) {
      const within = path ? `${path}.${key}` : key;
      if (seen.has(key)) found.add(`duplicate field ${goQuote(within)}`);
      else visit(at[key], within);
      seen.add(key);
    }
  };
  visit(exact, "");
  return [...found];
}
