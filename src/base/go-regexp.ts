// SPDX-License-Identifier: Apache-2.0

/** A mistake in a pattern, in the words of Go's regexp package. */
export class GoRegexpError extends Error {
  constructor(what: string, part: string) {
    super(`error parsing regexp: ${what}: \`${part}\``);
  }
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly lazy: boolean;
}

const NO_FLAGS: Flags = { ignoreCase: false, multiline: false, dotAll: false, lazy: false };
const FLAG_NAMES: Readonly<Record<string, keyof Flags>> = {
  i: "ignoreCase",
  m: "multiline",
  s: "dotAll",
  U: "lazy",
};
const MAX_REPEAT = 1000;

const PERL_CLASSES: Readonly<Record<string, string>> = { d: "0-9", s: "\\t\\n\\f\\r ", w: "0-9A-Za-z_" };
const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** One character, so that it stands for itself in and out of classes of a pattern with the flag u. */
function literal(code: number): string {
  const char = String.fromCodePoint(code);
  if (/[A-Za-z0-9_ ]/.test(char) || code > 0x7f) return char;
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? (char === "-" ? "\\x2d" : `\\${char}`) : `\\u{${code.toString(16)}}`;
}

/** Reads Go's syntax of patterns (RE2) and writes JavaScript's. */
class Translator {
  readonly #source: string;
  #at = 0;
  #flags = NO_FLAGS;

  constructor(source: string) {
    this.#source = source;
  }

  translate(): string {
    const pattern = this.#alternatives();
    if (this.#at < this.#source.length) throw new GoRegexpError("unexpected )", this.#source);
    return pattern;
  }

  #peek(): string {
    const code = this.#source.codePointAt(this.#at);
    return code === undefined ? "" : String.fromCodePoint(code);
  }

  #next(): string {
    const char = this.#peek();
    this.#at += char.length;
    return char;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source) ?? undefined;
    if (match) this.#at += match[0].length;
    return match;
  }

  #alternatives(): string {
    let pattern = "";
    for (;;) {
      const char = this.#peek();
      if (char === "" || char === ")") return pattern;
      if (char === "|") {
        this.#at++;
        pattern += "|";
      } else pattern += this.#repeated();
    }
  }

  /** An atom with the repetition that follows it. */
  #repeated(): string {
    const start = this.#at;
    if (/[*+?]/.test(this.#peek())) {
      this.#next();
      if (this.#peek() === "?") this.#next();
      throw new GoRegexpError("missing argument to repetition operator", this.#source.slice(start, this.#at));
    }
    const atom = this.#atom();
    const from = this.#at;
    const operator = this.#operator();
    if (operator === undefined || atom === "") return atom;
    const to = this.#at;
    if (this.#operator() !== undefined)
      throw new GoRegexpError("invalid nested repetition operator", this.#source.slice(from, this.#at));
    this.#at = to;
    // Go repeats assertions, JavaScript does not.
    return `${/^(?:[\^$]|\\[bB]|\(\?<?[=!])/.test(atom) ? `(?:${atom})` : atom}${operator}`;
  }

  #operator(): string | undefined {
    const match = this.#match(/(?:[*+?]|\{(\d+)(?:,(\d*))?\})(\?)?/y);
    if (!match) return undefined;
    const [text, low, high, lazy] = match;
    const [min, max] = [Number(low ?? 0), Number(high || (low ?? 0))];
    const body = lazy ? text.slice(0, -1) : text;
    if (min > MAX_REPEAT || max > MAX_REPEAT || (high && max < min))
      throw new GoRegexpError("invalid repeat count", body);
    return (lazy !== undefined) === this.#flags.lazy ? body : `${body}?`;
  }

  #cased(atom: string): string {
    return this.#flags.ignoreCase ? `(?i:${atom})` : atom;
  }

  #atom(): string {
    const start = this.#at;
    const char = this.#next();
    const { multiline, dotAll } = this.#flags;
    switch (char) {
      case "^":
        return multiline ? "(?<![^\\n])" : "^";
      case "$":
        return multiline ? "(?![^\\n])" : "$";
      case ".":
        return dotAll ? "[^]" : "[^\\n]";
      case "(":
        return this.#group(start);
      case "[":
        return this.#cased(this.#class(start));
      case "\\":
        return this.#escaped(start);
      default:
        return this.#cased(literal(char.codePointAt(0)!));
    }
  }

  #group(start: number): string {
    const outer = this.#flags;
    if (this.#take("?") && !this.#named(start)) {
      const match = this.#match(/([imsU]*)(?:-([imsU]+))?([:)])/y);
      const isFlags = match && (match[1] || match[2] || match[3] === ":");
      if (!match || !isFlags) {
        const length = /^\(\?.?/s.exec(this.#source.slice(start))![0].length;
        if (start + length >= this.#source.length && this.#source.indexOf(")", start) < 0)
          throw new GoRegexpError("missing closing )", this.#source);
        throw new GoRegexpError("invalid or unsupported Perl syntax", this.#source.slice(start, start + length));
      }
      this.#setFlags(match[1]!, match[2] ?? "");
      if (match[3] === ")") return "";
    }
    const inner = this.#alternatives();
    if (!this.#take(")")) throw new GoRegexpError("missing closing )", this.#source);
    this.#flags = outer;
    return `(?:${inner})`;
  }

  #named(start: number): boolean {
    if (!this.#match(/P?</y)) return false;
    if (this.#match(/\w+>/y)) return true;
    const end = this.#source.indexOf(">", this.#at);
    throw new GoRegexpError(
      "invalid named capture",
      end < 0 ? this.#source.slice(start) : this.#source.slice(start, end + 1),
    );
  }

  #setFlags(on: string, off: string): void {
    const flags = { ...this.#flags };
    for (const name of on) flags[FLAG_NAMES[name]!] = true;
    for (const name of off) flags[FLAG_NAMES[name]!] = false;
    this.#flags = flags;
  }

  #escaped(start: number): string {
    const char = this.#peek();
    const simple = { A: "^", z: "$", b: "\\b", B: "\\B", C: "[^]" }[char];
    if (simple) {
      this.#next();
      return simple;
    }
    if (char === "Q") {
      this.#next();
      const end = this.#source.indexOf("\\E", this.#at);
      const text = this.#source.slice(this.#at, end < 0 ? undefined : end);
      this.#at = end < 0 ? this.#source.length : end + 2;
      const parts = [...text].map((each) => this.#cased(literal(each.codePointAt(0)!)));
      return parts.join("");
    }
    if (char === "E") {
      this.#next();
      return "";
    }
    const set = this.#perlOrUnicode(start);
    if (set !== undefined) return this.#cased(`[${set}]`);
    return this.#cased(literal(this.#escapedChar(start)));
  }

  /** \d, \pL and the like as the inside of a class; undefined where there is none. */
  #perlOrUnicode(start: number): string | undefined {
    const perl = this.#match(/([dDsSwW])/y);
    if (perl) {
      const name = perl[1]!;
      const inside = PERL_CLASSES[name.toLowerCase()]!;
      return name === name.toLowerCase() ? inside : negated(inside);
    }
    const unicode = this.#match(/([pP])(?:\{(\^?)([^}]*)\}|(.))/uy);
    if (!unicode) {
      if (/[pP]/.test(this.#peek()))
        throw new GoRegexpError("invalid character class range", this.#source.slice(start));
      return undefined;
    }
    const [, letter, caret, long, short] = unicode;
    const isNegated = (letter === "P") !== (caret === "^");
    const name = long ?? short!;
    for (const property of name === "Any" ? ["Any"] : [`General_Category=${name}`, `Script=${name}`])
      try {
        const text = `\\${isNegated ? "P" : "p"}{${property}}`;
        new RegExp(text, "u");
        return text;
      } catch {
        continue;
      }
    throw new GoRegexpError("invalid character class range", this.#source.slice(start, this.#at));
  }

  /** The character that an escape stands for. */
  #escapedChar(start: number): number {
    if (this.#at >= this.#source.length) throw new GoRegexpError("trailing backslash at end of expression", "");
    const octal = this.#match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
    if (octal) return Number.parseInt(octal[0], 8);
    const hex = this.#match(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/y);
    if (hex && Number.parseInt((hex[1] ?? hex[2])!, 16) <= 0x10ffff) return Number.parseInt((hex[1] ?? hex[2])!, 16);
    const char = this.#next();
    const control = CONTROL_ESCAPES[char];
    if (control !== undefined) return control;
    const code = char.codePointAt(0)!;
    if (code < 0x80 && !/[A-Za-z0-9]/.test(char)) return code;
    throw new GoRegexpError("invalid escape sequence", this.#source.slice(start, this.#at));
  }

  #class(start: number): string {
    const isNegated = this.#take("^");
    let inside = "";
    let isFirst = true;
    for (;;) {
      if (this.#at >= this.#source.length) throw new GoRegexpError("missing closing ]", this.#source.slice(start));
      if (!isFirst && this.#take("]")) break;
      isFirst = false;
      inside += this.#classPart();
    }
    return `[${isNegated ? "^" : ""}${inside}]`;
  }

  #classPart(): string {
    const start = this.#at;
    const posix = this.#match(/\[:(\^?)([^:\]]*):\]/y);
    if (posix) {
      const set = POSIX_CLASSES[posix[2]!];
      if (!set) throw new GoRegexpError("invalid character class range", posix[0]);
      return posix[1] ? negated(set) : set;
    }
    if (this.#take("\\")) {
      const set = this.#perlOrUnicode(start);
      if (set !== undefined) return set;
      this.#at = start;
    }
    const low = this.#classChar();
    if (!this.#match(/-(?=[^\]])/sy)) return literal(low);
    const high = this.#classChar();
    if (high < low) throw new GoRegexpError("invalid character class range", this.#source.slice(start, this.#at));
    return `${literal(low)}-${literal(high)}`;
  }

  #classChar(): number {
    const start = this.#at;
    if (this.#take("\\")) return this.#escapedChar(start);
    return this.#next().codePointAt(0)!;
  }
}

/** What a set leaves out, as the inside of a class of ASCII sets: JavaScript has no nested classes with the flag u. */
function negated(set: string): string {
  const pattern = new RegExp(`[${set}]`, "u");
  let inside = "";
  for (let code = 0; code < 0x80; code++) if (!pattern.test(String.fromCodePoint(code))) inside += literal(code);
  return `${inside}\\u{80}-\\u{10FFFF}`;
}

const MAX_KEPT = 1000;
const kept = new Map<string, RegExp>();

/** A pattern in Go's syntax as a RegExp; throws a GoRegexpError for what Go does not take either. */
export function compileGoRegexp(source: string): RegExp {
  let pattern = kept.get(source);
  if (pattern) return pattern;
  pattern = new RegExp(new Translator(source).translate(), "u");
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(source, pattern);
  return pattern;
}
