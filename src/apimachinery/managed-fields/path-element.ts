// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, jsonField, type JsonObject } from "../json-value.ts";
import { goNumberText } from "../patch/index.ts";
import { compareText } from "../text-order.ts";

/**
 * One step of a field path, as FieldsV1 writes it: `f:name`, `k:{"name":"c"}`, `v:"x"` or `i:0`. Sets hold the text;
 * equal steps have equal texts, since every text is made or made canonical here.
 */
export type PathElement = string;

/** A path element taken apart. */
export type ParsedElement =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "key"; readonly fields: readonly KeyField[] }
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "index"; readonly index: number };

/** A field of a list-map key, with its value. */
export interface KeyField {
  readonly name: string;
  readonly value: unknown;
}

/** A path element that cannot be read; managed fields that hold one are not used. */
export class BadPathElement extends Error {}

/** A field of an object or a key of a map. */
export const fieldElement = (name: string): PathElement => `f:${name}`;

/** An element of a set, by its value. */
export const valueElement = (value: unknown): PathElement => `v:${jsonText(value)}`;

/** An element of a list-map, by its keys; `fields` are sorted by name. */
export function keyElement(fields: readonly KeyField[]): PathElement {
  let text = "k:{";
  for (let i = 0; i < fields.length; i++) {
    const { name, value } = fields[i]!;
    text += `${i === 0 ? "" : ","}${jsonText(name)}:${jsonText(value)}`;
  }
  return `${text}}`;
}

/** JSON as Go's encoder writes it inside a path element: keys sorted, and what is special in HTML escaped. */
function jsonText(value: unknown): string {
  if (typeof value === "string") return escapeForGo(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isJsonObject(value)) return String(value as number | boolean | bigint | null);
  const keys = Object.keys(value).sort(compareText);
  return `{${keys.map((key) => `${jsonText(key)}:${jsonText(value[key])}`).join(",")}}`;
}

const ESCAPED = /[<>&\u2028\u2029]|\\[bf]/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\b": "\\u0008", "\\f": "\\u000c" };

const escapeForGo = (text: string): string =>
  text.replace(ESCAPED, (found) => ESCAPES[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Reads a path element; undefined for one of a type that is not known, which readers pass over. */
export function parseElement(element: PathElement): ParsedElement | undefined {
  if (element.length < 2) throw new BadPathElement("key must be 2 characters long:");
  if (element[1] !== ":") throw new BadPathElement(`missing colon: ${element}`);
  const rest = element.slice(2);
  switch (element[0]) {
    case "f":
      return { type: "field", name: rest };
    case "v":
      return { type: "value", value: parseJson(rest) };
    case "k":
      return { type: "key", fields: keyFields(parseJson(rest)) };
    case "i":
      return { type: "index", index: parseIndex(rest) };
    default:
      return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadPathElement(`parsing key as path element: ${text}`, { cause: error });
  }
}

function keyFields(key: unknown): KeyField[] {
  if (!isJsonObject(key)) throw new BadPathElement("the key of a list element is no object");
  return Object.keys(key)
    .sort(compareText)
    .map((name) => ({ name, value: key[name] }));
}

function parseIndex(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new BadPathElement(`parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** The one text of a path element that says the same; undefined for one of a type that is not known. */
export function canonicalElement(element: PathElement): PathElement | undefined {
  if (element.startsWith("f:")) return element;
  const parsed = parseElement(element);
  return parsed && elementText(parsed);
}

function elementText(parsed: ParsedElement): PathElement {
  switch (parsed.type) {
    case "field":
      return fieldElement(parsed.name);
    case "key":
      return keyElement(parsed.fields);
    case "value":
      return valueElement(parsed.value);
    case "index":
      return `i:${parsed.index}`;
  }
}

const TYPE_ORDER = "fkvi";

/** Orders path elements as FieldsV1 prints them: fields, keys, values, indices; each kind by what it names. */
export function compareElements(left: PathElement, right: PathElement): number {
  const type = left[0]!;
  if (type !== right[0]) return TYPE_ORDER.indexOf(type) - TYPE_ORDER.indexOf(right[0]!);
  if (type === "f" || left === right) return compareText(left, right);
  const l = parseElement(left);
  const r = parseElement(right);
  if (l?.type === "key" && r?.type === "key") return compareKeys(l.fields, r.fields);
  if (l?.type === "value" && r?.type === "value") return compareValues(l.value, r.value);
  if (l?.type === "index" && r?.type === "index") return l.index - r.index;
  return 0;
}

function compareKeys(left: readonly KeyField[], right: readonly KeyField[]): number {
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareText(left[i]!.name, right[i]!.name) || compareValues(left[i]!.value, right[i]!.value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers come before strings, then booleans, lists, objects and null. */
const valueRank = (value: unknown): number => {
  if (typeof value === "number") return 0;
  if (typeof value === "string") return 1;
  if (typeof value === "boolean") return 2;
  if (Array.isArray(value)) return 3;
  return value === null ? 5 : 4;
};

function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (Array.isArray(left) && Array.isArray(right)) return compareLists(left, right);
  if (isJsonObject(left) && isJsonObject(right)) return compareKeys(keyFields(left), keyFields(right));
  return valueRank(left) - valueRank(right);
}

function compareLists(left: readonly unknown[], right: readonly unknown[]): number {
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareValues(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** A path element as messages show it: `.spec`, `[name="c"]`, `[="x"]`, `[0]`. */
export function elementDisplay(element: PathElement): string {
  const parsed = parseElement(element);
  switch (parsed?.type) {
    case "field":
      return `.${parsed.name}`;
    case "key":
      return `[${parsed.fields.map(({ name, value }) => `${name}=${valueDisplay(value)}`).join(",")}]`;
    case "value":
      return `[=${valueDisplay(parsed.value)}]`;
    case "index":
      return `[${parsed.index}]`;
    case undefined:
      return "{{invalid path element}}";
  }
}

/** A path as messages show it: `.spec.containers[name="c"].image`. */
export const pathDisplay = (path: readonly PathElement[]): string => path.map(elementDisplay).join("");

function valueDisplay(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return goNumberText(value);
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(valueDisplay).join(",")}]`;
  if (!isJsonObject(value)) return String(value as boolean | bigint | null);
  return Object.keys(value)
    .map((key) => `${key}=${valueDisplay(jsonField(value as JsonObject, key))}`)
    .join("");
}

const CONTROL_NAMES: Readonly<Record<string, string>> = { "\x07": "\\a", "\x0b": "\\v" };

/** A string in double quotes as Go's %q writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})|\x7f/g, (escape, code: string | undefined) => {
    const character = code === undefined ? escape : String.fromCharCode(Number.parseInt(code, 16));
    return CONTROL_NAMES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
