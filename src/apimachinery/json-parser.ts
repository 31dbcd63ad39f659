// SPDX-License-Identifier: Apache-2.0

import { type JsonObject, setJsonField } from "./json-value.ts";

/** A number that a double does not hold as it was written: its text is kept. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Text that is no JSON; the message is that of Go's encoding/json. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** A text read exactly. */
export interface ExactJson {
  readonly value: unknown;
  /** The keys of each object that has one twice, in the order of the source. */
  readonly repeatedKeys: ReadonlyMap<object, readonly string[]>;
}

/** How deep Go reads. */
export const MAX_DEPTH = 10000;
const END = "unexpected end of JSON input";

/** Go quotes the byte, not the character. */
function quoteByte(text: string, position: number): string {
  let code = text.codePointAt(position)!;
  if (code >= 0x80) code = firstUtf8Byte(code);
  if (code === 0x27) return "'\\''";
  if (code === 0x22) return `'"'`;
  if (code === 0x5c) return "'\\\\'";
  const named = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r" }[code];
  if (named) return `'${named}'`;
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, "0")}'`;
  // Go prints these as escapes: they are no printable characters of Latin-1.
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `'\\u${code.toString(16).padStart(4, "0")}'`;
  return `'${String.fromCharCode(code)}'`;
}

function firstUtf8Byte(code: number): number {
  if (code < 0x800) return 0xc0 | (code >> 6);
  if (code < 0x10000) return 0xe0 | (code >> 12);
  return 0xf0 | (code >> 18);
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

/** Whether a double holds an integer of that many digits for sure. */
const SAFE_DIGITS = 15;

function numberOf(text: string, integer: boolean): number | JsonNumber {
  if (!integer) return new JsonNumber(text);
  if (text.length <= SAFE_DIGITS || Number.isSafeInteger(Number(text))) return Number(text);
  return new JsonNumber(text);
}

const tooDeepAt = (text: string, position: number): JsonSyntaxError =>
  new JsonSyntaxError(`invalid character ${quoteByte(text, position)} exceeded max depth`);

/** What Go says of a text that nests deeper than it reads; undefined when it does not. Needs no stack itself. */
export function nestingError(text: string): JsonSyntaxError | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i + 1);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return tooDeepAt(text, i);
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return undefined;
}

/** Reads JSON as Go does: its errors, keys that stand twice, and numbers as they are written. */
class ExactParser {
  private position = 0;
  private depth = 0;
  readonly repeatedKeys = new Map<object, string[]>();
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.value("looking for beginning of value");
    this.space();
    if (this.position < this.text.length) this.fail("after top-level value");
    return value;
  }

  private fail(context: string): never {
    if (this.position >= this.text.length) throw new JsonSyntaxError(END);
    throw new JsonSyntaxError(`invalid character ${quoteByte(this.text, this.position)} ${context}`);
  }

  private space(): void {
    while (isSpace(this.text.charCodeAt(this.position))) this.position++;
  }

  private value(context: string): unknown {
    this.space();
    const c = this.text[this.position];
    switch (c) {
      case "{":
        return this.nested(() => this.object());
      case "[":
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case "t":
        return this.literal("true", true);
      case "f":
        return this.literal("false", false);
      case "n":
        return this.literal("null", null);
      default:
        if (c === "-" || isDigit(this.text.charCodeAt(this.position))) return this.number();
        return this.fail(context);
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw tooDeepAt(this.text, this.position);
    this.position++;
    const value = read();
    this.depth--;
    return value;
  }

  private object(): JsonObject {
    const object: JsonObject = {};
    const keys: string[] = [];
    this.space();
    if (this.text[this.position] === "}") {
      this.position++;
      return object;
    }
    for (;;) {
      this.space();
      if (this.text[this.position] !== '"') this.fail("looking for beginning of object key string");
      const key = this.string();
      this.space();
      if (this.text[this.position] !== ":") this.fail("after object key");
      this.position++;
      setJsonField(object, key, this.value("looking for beginning of value"));
      keys.push(key);
      this.space();
      const after = this.text[this.position];
      if (after !== "," && after !== "}") this.fail("after object key:value pair");
      this.position++;
      if (after === "}") break;
    }
    if (keys.length !== Object.keys(object).length) this.repeatedKeys.set(object, keys);
    return object;
  }

  private array(): unknown[] {
    const items: unknown[] = [];
    this.space();
    if (this.text[this.position] === "]") {
      this.position++;
      return items;
    }
    for (;;) {
      items.push(this.value("looking for beginning of value"));
      this.space();
      const after = this.text[this.position];
      if (after !== "," && after !== "]") this.fail("after array element");
      this.position++;
      if (after === "]") return items;
    }
  }

  private literal<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.position++;
      if (this.text[this.position] !== word[i]) this.fail(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.position++;
    return value;
  }

  private string(): string {
    const start = this.position++;
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (Number.isNaN(code)) throw new JsonSyntaxError(END);
      if (code === 0x22) break;
      if (code < 0x20) this.fail("in string literal");
      if (code === 0x5c) this.escape();
      else this.position++;
    }
    this.position++;
    return JSON.parse(this.text.slice(start, this.position)) as string;
  }

  private escape(): void {
    this.position++;
    const c = this.text[this.position];
    if (c === "u") {
      for (let i = 0; i < 4; i++) {
        this.position++;
        if (!/^[0-9a-fA-F]$/.test(this.text[this.position] ?? "")) this.fail("in \\u hexadecimal character escape");
      }
    } else if (c === undefined || !'bfnrt\\/"'.includes(c)) this.fail("in string escape code");
    this.position++;
  }

  private digits(context: string): void {
    if (!isDigit(this.text.charCodeAt(this.position))) this.fail(context);
    while (isDigit(this.text.charCodeAt(this.position))) this.position++;
  }

  private number(): number | JsonNumber {
    const start = this.position;
    let integer = true;
    if (this.text[this.position] === "-") this.position++;
    if (this.text[this.position] === "0") this.position++;
    else this.digits("in numeric literal");
    if (this.text[this.position] === ".") {
      integer = false;
      this.position++;
      this.digits("after decimal point in numeric literal");
    }
    const exponent = this.text[this.position];
    if (exponent === "e" || exponent === "E") {
      integer = false;
      this.position++;
      const sign = this.text[this.position];
      if (sign === "+" || sign === "-") this.position++;
      this.digits("in exponent of numeric literal");
    }
    return numberOf(this.text.slice(start, this.position), integer);
  }
}

const ESCAPES = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|[^])/g;
const LONE_SURROGATE = /^\\u[dD][89a-fA-F]..$/;

/** Halves of a character that stand alone are read as U+FFFD, as Go reads them: they have no bytes. */
export const withoutLoneSurrogates = (text: string): string =>
  text.includes("\\ud") || text.includes("\\uD")
    ? text.replace(ESCAPES, (escape) => (LONE_SURROGATE.test(escape) ? "\\ufffd" : escape))
    : text;

/** Reads a text fast; undefined for what is no JSON: parseExactJson says in Go's words what is wrong. */
export function parseFastJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads a text slowly and exactly; throws JsonSyntaxError with Go's message. */
export function parseExactJson(text: string): ExactJson {
  const parser = new ExactParser(text);
  const value = parser.document();
  return { value, repeatedKeys: parser.repeatedKeys };
}

/** What a glance at the source says of it. */
export interface JsonGlance {
  /** Key-value pairs in it. */
  readonly members: number;
  /** JSON.parse keeps every number as it is: there are no fractions, exponents or long integers. */
  readonly plainNumbers: boolean;
}

/**
 * Counts members and looks at numbers, in one pass over the text and without parsing it. The text must be valid JSON
 * for the answer to mean anything.
 */
export function glanceAtJson(text: string): JsonGlance {
  let members = 0;
  let plainNumbers = true;
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i + 1);
    } else if (code === 0x3a) members++;
    else if (code >= 0x30 && code <= 0x39) {
      const start = i;
      while (i < length && isDigit(text.charCodeAt(i))) i++;
      const after = text.charCodeAt(i);
      if (after === 0x2e || after === 0x65 || after === 0x45 || i - start > SAFE_DIGITS) plainNumbers = false;
      i--;
    }
  }
  return { members, plainNumbers };
}

/** The position of the quote that ends a string. */
function endOfString(text: string, position: number): number {
  for (;;) {
    const code = text.charCodeAt(position);
    if (code === 0x22 || code !== code) return position;
    position += code === 0x5c ? 2 : 1;
  }
}

/** Turns kept number texts into what free-form JSON holds: numbers, and bigints where a double would round. */
export function settleNumbers(value: unknown): unknown {
  if (value instanceof JsonNumber) {
    if (!/^-?\d+$/.test(value.text)) return Number(value.text);
    const number = Number(value.text);
    return Number.isSafeInteger(number) ? number : BigInt(value.text);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = settleNumbers(value[i]);
    return value;
  }
  const object = value as JsonObject;
  for (const key in object) {
    const next = settleNumbers(object[key]);
    if (next !== object[key]) setJsonField(object, key, next);
  }
  return object;
}
