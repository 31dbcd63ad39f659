// SPDX-License-Identifier: Apache-2.0

import type { JsonObject } from "./json-value.ts";
import type { SchemaRegistry, Shape } from "./schema.ts";

const PLAIN = /^[ !#-[\]-~]*$/;
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const NAMED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function quoteCharacter(character: string): string {
  const named = NAMED[character];
  if (named) return named;
  const code = character.codePointAt(0)!;
  // A lone surrogate is no text: Go never sees it.
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if (PRINTABLE.test(character)) return character;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** A text as Go's %q prints it. */
export function goQuote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) quoted += quoteCharacter(character);
  return `${quoted}"`;
}

const HTML: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON as Go's encoder writes it: with `<`, `>` and `&` as escapes. */
export const goJson = (value: unknown, indent?: number): string =>
  (
    JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? Number(item) : item), indent) ?? "null"
  ).replace(/[<>&\u2028\u2029]/g, (c) => HTML[c]!);

/**
 * A copy of a value whose fields stand in the order of the Go struct: messages that print a value print it so.
 *
 * @example
 * invalid("spec.x", inFieldOrder(registry, "io.k8s.api.core.v1.Volume", volume), "…")
 */
export function inFieldOrder(registry: SchemaRegistry, typeName: string, value: unknown): unknown {
  return ordered(registry, { type: "ref", name: typeName }, value);
}

function ordered(registry: SchemaRegistry, shape: Shape, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const target = shape.type === "ref" ? registry.type(shape.name) : shape;
  if (Array.isArray(value)) {
    if (target.type !== "list") return value;
    return value.map((item: unknown) => ordered(registry, target.items, item));
  }
  const source = value as JsonObject;
  if (target.type === "map")
    return Object.fromEntries(
      Object.keys(source)
        .sort()
        .map((key) => [key, ordered(registry, target.values, source[key])]),
    );
  if (target.type !== "object") return value;
  const copy: JsonObject = {};
  for (const [name, field] of Object.entries(target.fields))
    if (source[name] !== undefined) copy[name] = ordered(registry, field.shape, source[name]);
  return copy;
}

/** Texts as Go's %q prints a list of them. */
export const goQuotedList = (values: readonly string[]): string => `[${values.map(goQuote).join(" ")}]`;
