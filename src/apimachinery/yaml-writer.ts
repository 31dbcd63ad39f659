// SPDX-License-Identifier: Apache-2.0

import type { JsonObject } from "./json-value.ts";
import { isAmbiguousYamlString } from "./yaml-scalars.ts";

/**
 * Writes JSON values as YAML exactly as sigs.k8s.io/yaml does: sorted keys, lists not indented, lines folded at eighty
 * columns, and a string's style chosen as libyaml's emitter chooses it.
 */

const BEST_WIDTH = 80;
/** A longer key, or one of several lines, is written behind a question mark. */
const SIMPLE_KEY_LENGTH = 128;

/** Further lines of a document that is one string. */
const ROOT_SCALAR_INDENT = 2;

/** What a string's characters allow. */
interface Analysis {
  readonly multiline: boolean;
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

const isBreak = (c: string): boolean => c === "\n" || c === "\r" || c === "\u0085" || c === "\u2028" || c === "\u2029";
const isBlankOrEnd = (c: string | undefined): boolean => c === undefined || c === " " || c === "\t" || isBreak(c);

/** Printable for libyaml: no controls, no byte order mark, nothing above the basic plane. */
function isPrintable(c: string): boolean {
  const code = c.charCodeAt(0);
  if (code === 0x0a) return true;
  if (code < 0x20 || code === 0x7f) return false;
  if (code < 0x7f) return true;
  if (code < 0xa0) return code === 0x85;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return code !== 0xfeff && code !== 0xfffe && code !== 0xffff;
}

const INDICATORS_FIRST = "#,[]{}&*!|>'\"%@`";

function blockIndicators(text: string): boolean {
  if (text.startsWith("---") || text.startsWith("...")) return true;
  const first = text[0]!;
  if (INDICATORS_FIRST.includes(first)) return true;
  if ("?:-".includes(first) && isBlankOrEnd(text[1])) return true;
  for (let i = 1; i < text.length; i++) {
    if (text[i] === ":" && isBlankOrEnd(text[i + 1])) return true;
    if (text[i] === "#" && isBlankOrEnd(text[i - 1])) return true;
  }
  return false;
}

function analyze(text: string): Analysis {
  if (text === "") return { multiline: false, plain: true, single: true, block: false };
  let lineBreaks = false;
  let spaceBreak = false;
  let breakSpace = false;
  let special = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (!isPrintable(c)) special = true;
    if (isBreak(c)) {
      lineBreaks = true;
      if (text[i - 1] === " ") spaceBreak = true;
    } else if (c === " " && i > 0 && isBreak(text[i - 1]!)) breakSpace = true;
  }
  const first = text[0]!;
  const last = text[text.length - 1]!;
  const edges = first === " " || last === " " || isBreak(first) || isBreak(last);
  const bad = spaceBreak || special;
  return {
    multiline: lineBreaks,
    plain: !edges && !breakSpace && !bad && !lineBreaks && !blockIndicators(text),
    single: !breakSpace && !bad,
    block: !bad && last !== " ",
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function escape(character: string): string {
  const known = ESCAPES[character];
  if (known) return known;
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

class YamlWriter {
  private text = "";
  private column = 0;

  result(): string {
    return this.text;
  }

  private write(piece: string): void {
    this.text += piece;
    this.column += piece.length;
  }

  private newLine(indent: number): void {
    this.text += `\n${" ".repeat(indent)}`;
    this.column = indent;
  }

  /** The document's root; a scalar ends its own line. */
  root(value: unknown): void {
    if (isFilled(value)) this.collection(value, 0);
    else this.scalarValue(value, ROOT_SCALAR_INDENT);
    if (!this.text.endsWith("\n")) this.text += "\n";
  }

  private collection(value: object, indent: number): void {
    if (Array.isArray(value)) this.list(value, indent);
    else this.map(value as JsonObject, indent);
  }

  private list(items: readonly unknown[], indent: number): void {
    items.forEach((item, index) => {
      if (index > 0) this.lineStart(indent);
      this.write("- ");
      if (isFilled(item)) this.collection(item, indent + 2);
      else this.scalarValue(item, indent + 2);
    });
  }

  /** Where the next entry begins; a block text has ended its line already. */
  private lineStart(indent: number): void {
    if (this.text.endsWith("\n")) {
      this.text += " ".repeat(indent);
      this.column = indent;
    } else this.newLine(indent);
  }

  private map(object: JsonObject, indent: number): void {
    sortedKeys(object).forEach((key, index) => {
      if (index > 0) this.lineStart(indent);
      this.entry(key, object[key], indent);
    });
  }

  private entry(key: string, value: unknown, indent: number): void {
    if (key.length <= SIMPLE_KEY_LENGTH && !analyze(key).multiline) {
      this.string(key, indent, true);
      this.write(":");
      this.entryValue(value, indent);
      return;
    }
    this.write("? ");
    this.string(key, indent + 2, false);
    this.lineStart(indent);
    this.write(": ");
    if (isFilled(value)) this.collection(value, indent + 2);
    else this.scalarValue(value, indent + 2);
  }

  private entryValue(value: unknown, indent: number): void {
    if (!isFilled(value)) {
      this.write(" ");
      this.scalarValue(value, indent + 2);
      return;
    }
    // Lists stand at the column of their key.
    const inner = Array.isArray(value) ? indent : indent + 2;
    this.newLine(inner);
    this.collection(value, inner);
  }

  private scalarValue(value: unknown, indent: number): void {
    switch (typeof value) {
      case "string":
        return this.string(value, indent, false);
      case "number":
        return this.write(numberText(value));
      case "object":
        return this.write(value === null ? "null" : Array.isArray(value) ? "[]" : "{}");
      default:
        return this.write(String(value));
    }
  }

  private string(text: string, indent: number, key: boolean): void {
    const allowed = analyze(text);
    if (text.includes("\n") && allowed.block && !key) return this.literal(text, indent);
    const quoted = text.includes("\n") || isAmbiguousYamlString(text);
    if (!quoted && allowed.plain) return this.plain(text, indent, key);
    if (!quoted && allowed.single) return this.single(text, indent, key);
    return this.double(text, indent, key);
  }

  private plain(text: string, indent: number, key: boolean): void {
    this.folded(text, indent, !key, false);
  }

  private single(text: string, indent: number, key: boolean): void {
    this.write("'");
    this.folded(text, indent, !key, true);
    this.write("'");
  }

  /** Writes words and breaks lines between them where the width is passed. */
  private folded(text: string, indent: number, mayBreak: boolean, quoted: boolean): void {
    let afterSpace = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i]!;
      if (c === " ") {
        const inside = !quoted || (i > 0 && i < text.length - 1);
        if (mayBreak && !afterSpace && this.column > BEST_WIDTH && inside && text[i + 1] !== " ") this.newLine(indent);
        else this.write(c);
        afterSpace = true;
      } else {
        this.write(quoted && c === "'" ? "''" : c);
        afterSpace = false;
      }
    }
  }

  private double(text: string, indent: number, key: boolean): void {
    this.write('"');
    let afterSpace = false;
    let i = 0;
    for (const c of text) {
      if (c === " ") {
        if (!key && !afterSpace && this.column > BEST_WIDTH && i > 0 && i < text.length - 1) {
          this.newLine(indent);
          if (text[i + 1] === " ") this.write("\\");
        } else this.write(c);
        afterSpace = true;
      } else {
        this.write(isPrintable(c) && !isBreak(c) && c !== '"' && c !== "\\" ? c : escape(c));
        afterSpace = false;
      }
      i += c.length;
    }
    this.write('"');
  }

  private literal(text: string, indent: number): void {
    const first = text[0]!;
    // Leading blanks would be taken for indentation: the width of it is said.
    const hint = first === " " || isBreak(first) ? "2" : "";
    const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
    this.write(`|${hint}${chomp}`);
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    for (const line of lines) this.text += line === "" ? "\n" : `\n${" ".repeat(indent)}${line}`;
    this.column = 0;
    if (text.endsWith("\n")) this.text += "\n";
  }
}

const isFilled = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  (Array.isArray(value) ? value.length > 0 : hasDefinedField(value as JsonObject));

function hasDefinedField(object: JsonObject): boolean {
  for (const key in object) if (object[key] !== undefined) return true;
  return false;
}

/** Go's 'g' format for floats: an exponent of two digits at least, below 1e-4 and from 1e6 on. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < MAX_INT64) return String(value);
  const exponential = value.toExponential();
  const exponent = Number(exponential.slice(exponential.indexOf("e") + 1));
  if (exponent >= -4 && exponent < FLOAT_EXPONENT_FROM) return String(value);
  return exponential.replace(/e([+-])(\d)$/, "e$10$2");
}

const MAX_INT64 = 2 ** 63;
const FLOAT_EXPONENT_FROM = 6;
const LETTER = /\p{L}/u;
const isDigit = (c: string | undefined): boolean => c !== undefined && c >= "0" && c <= "9";

/** go-yaml's order of keys: numbers inside them by value, letters after everything else. */
function compareKeys(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) if (left[i] !== right[i]) return compareAt(left, right, i);
  return left.length - right.length;
}

function compareAt(left: readonly string[], right: readonly string[], i: number): number {
  const l = left[i]!;
  const r = right[i]!;
  const leftLetter = LETTER.test(l);
  const rightLetter = LETTER.test(r);
  if (leftLetter !== rightLetter) return leftLetter ? 1 : -1;
  const numbers = leftLetter ? 0 : compareNumbers(left, right, i);
  return numbers !== 0 ? numbers : l.codePointAt(0)! - r.codePointAt(0)!;
}

function compareNumbers(left: readonly string[], right: readonly string[], start: number): number {
  const numberFrom = (chars: readonly string[], lead: number): { value: number; end: number } => {
    let end = start;
    let value = lead;
    while (isDigit(chars[end])) value = value * 10 + Number(chars[end++]);
    return { value, end };
  };
  // A zero after another digit belongs to a number that began before.
  let lead = 0;
  if (left[start] === "0" || right[start] === "0")
    for (let j = start - 1; j >= 0 && isDigit(left[j]); j--) if (left[j] !== "0") lead = 1;
  const l = numberFrom(left, lead);
  const r = numberFrom(right, lead);
  return l.value !== r.value ? l.value - r.value : l.end - r.end;
}

function sortedKeys(object: JsonObject): string[] {
  const keys: string[] = [];
  for (const key in object) if (object[key] !== undefined) keys.push(key);
  return keys.sort(compareKeys);
}

/**
 * YAML of a JSON value, as the API server and kubectl print it.
 *
 * @example
 * formatYaml({ b: ["x"], a: "yes" }) === 'a: "yes"\nb:\n- x\n'
 */
export function formatYaml(value: unknown): string {
  const writer = new YamlWriter();
  writer.root(value);
  return writer.result();
}
