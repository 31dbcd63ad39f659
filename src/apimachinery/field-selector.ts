// SPDX-License-Identifier: Apache-2.0

import { SelectorError } from "./selectors.ts";
import { compareText } from "./text-order.ts";

/** One condition on one field. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** Conditions on fields, all of which must hold. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  static readonly everything = new FieldSelector([]);

  get matchesEverything(): boolean {
    return this.requirements.length === 0;
  }

  /** `valueOf` answers the object's value of a field; "" for none. */
  matches(valueOf: (field: string) => string): boolean {
    for (const { field, operator, value } of this.requirements)
      if ((valueOf(field) === value) !== (operator === "=")) return false;
    return true;
  }

  /** The value that the field must have, if the selector says so. */
  exactValue(field: string): string | undefined {
    return this.requirements.find((r) => r.field === field && r.operator === "=")?.value;
  }

  /** Renames fields or refuses them, as a kind's conversion of field labels does; `convert` throws what is to be said. */
  transform(convert: (field: string, value: string) => { field: string; value: string }): FieldSelector {
    const requirements = this.requirements
      .map(({ operator, ...term }) => ({ operator, ...convert(term.field, term.value) }))
      .filter(({ field, value }) => field !== "" || value !== "");
    return new FieldSelector(requirements);
  }

  toString(): string {
    return this.requirements.map((r) => `${r.field}${r.operator}${escapeValue(r.value)}`).join(",");
  }
}

const escapeValue = (value: string): string => value.replace(/[\\,=]/g, (c) => `\\${c}`);

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text;
  let value = "";
  let escaped = false;
  for (const character of text) {
    if (escaped) {
      if (!"\\,=".includes(character))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${character}`);
      value += character;
      escaped = false;
    } else if (character === "\\") escaped = true;
    // Upstream prints the character's number.
    else if (character === "," || character === "=")
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    else value += character;
  }
  if (escaped) throw new SelectorError("invalid field selector: invalid escape sequence: \\");
  return value;
}

/** Splits at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.sort(compareText);
}

/**
 * Reads the text of a fieldSelector parameter; throws SelectorError with upstream's message.
 *
 * @example
 * parseFieldSelector("spec.nodeName=a,status.phase!=Failed").exactValue("spec.nodeName") === "a"
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === "") continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (!match) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const field = match[1]!;
    const value = unescapeValue(match[3]!);
    // A term without field and value says nothing, and upstream drops it.
    if (field || value) requirements.push({ field, operator: match[2] === "!=" ? "!=" : "=", value });
  }
  return requirements.length === 0 ? FieldSelector.everything : new FieldSelector(requirements);
}
