// SPDX-License-Identifier: Apache-2.0

import { badRequest } from "../../apimachinery/index.ts";

/** A boolean of the query as upstream converts it: present and neither "false" nor "0". */
export function boolValue(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return text !== "0" && text.toLowerCase() !== "false";
}

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT64_DIGITS = 20;

/** An integer of the query; 400 in the words of Go's strconv when it is none. */
export function intValue(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return Number(value);
}

/** Why a resourceVersion cannot be understood; undefined when it can. */
export function revisionError(text: string): string | undefined {
  const isNumber = /^\d+$/.test(text);
  if (isNumber && (text.length < UINT64_DIGITS || BigInt(text) <= UINT64_MAX)) return undefined;
  const problem = isNumber ? "value out of range" : "invalid syntax";
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${problem}`;
}
