// SPDX-License-Identifier: Apache-2.0

import { glanceAtJson, parseExactJson, settleNumbers } from "./json-parser.ts";
import { jsonText } from "./object-codec.ts";

/**
 * Any JSON, whatever its type; integers beyond 2^53 are read exactly. Throws JsonSyntaxError.
 *
 * @example
 * parseJson('{"a":9007199254740993}') // { a: 9007199254740993n }
 */
export function parseJson(source: Uint8Array | string): unknown {
  const text = jsonText(source);
  if (glanceAtJson(text).plainNumbers) {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // The exact parser says in Go's words what is wrong.
    }
  }
  return settleNumbers(parseExactJson(text).value);
}
