// SPDX-License-Identifier: Apache-2.0

import { type FieldError, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from "../field-error.ts";

/** One thing that is wrong with a value: the sentence, and the field error that it becomes. */
export interface ValueMistake {
  readonly message: string;
  at(base: string): FieldError;
}

/** What checking a value came to. */
export class ValueResult {
  readonly mistakes: ValueMistake[] = [];
  /** How many checks passed: of several alternatives, the one with most is the one that was meant. */
  matches = 0;

  get isValid(): boolean {
    return this.mistakes.length === 0;
  }

  add(mistake: ValueMistake): void {
    if (!this.mistakes.some(({ message }) => message === mistake.message)) this.mistakes.push(mistake);
  }

  merge(other: ValueResult): void {
    for (const mistake of other.mistakes) this.add(mistake);
    this.matches += other.matches;
  }
}

const below = (base: string, path: string): string => {
  const name = path.startsWith(".") ? path.slice(1) : path;
  if (name === "") return base;
  return base === "" ? name : `${base}.${name}`;
};

const mistake = (path: string, message: string, at: (field: string) => FieldError): ValueMistake => ({
  message,
  at: (base) => at(below(base, path)),
});

/** A wrong type; a text for the found one is shown. */
export function wrongType(path: string, type: string, found: unknown): ValueMistake {
  const shown = typeof found === "string" ? `: ${JSON.stringify(found)}` : "";
  const message = `${path} in body must be of type ${type}${shown}`;
  return mistake(path, message, (field) => typeInvalid(field, found ?? "", message));
}

/** A field that must be there. */
export const missing = (path: string): ValueMistake =>
  mistake(path, `${path} in body is required`, (field) => required(field));

/** A value that is none of the allowed ones. */
export function notInEnum(path: string, value: unknown, allowed: readonly unknown[]): ValueMistake {
  const names = allowed.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
  return mistake(path, `${path} in body should be one of [${names.join(" ")}]`, (field) =>
    notSupported(field, value, names),
  );
}

/** A text with too many characters. */
export const textTooLong = (path: string, max: number): ValueMistake =>
  mistake(path, `${path} in body should be at most ${max} chars long`, (field) => tooLong(field, max));

/** A list or object that has too many of what is named. */
export const hasTooMany = (path: string, what: string, count: number, max: number): ValueMistake =>
  mistake(path, `${path} in body should have at most ${max} ${what}`, (field) => tooMany(field, count, max));

/** Anything else; `rule` follows "in body". */
export function breaksRule(path: string, rule: string, value: unknown = ""): ValueMistake {
  const message = `${path} in body ${rule}`;
  return mistake(path, message, (field) => invalid(field, value, message));
}

/** What is said of the value as a whole. */
export const breaksWhole = (message: string): ValueMistake => ({
  message,
  at: (base) => invalid(base, "", message),
});

/** A property that the schema rules out. */
export function forbiddenProperty(path: string, key: string): ValueMistake {
  const message = `${path}.${key} in body is a forbidden property`;
  return mistake(path, message, (field) => invalid(field, key, message));
}
