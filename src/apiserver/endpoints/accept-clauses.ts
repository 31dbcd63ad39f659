// SPDX-License-Identifier: Apache-2.0

/** One clause of an Accept header: `application/json;as=Table;q=0.5`. */
export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly params: ReadonlyMap<string, string>;
}

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

/** A text without the spaces around it; other white space stays. */
export function trimSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === " ") start++;
  while (end > start && text[end - 1] === " ") end--;
  return text.slice(start, end);
}

/** Go's parser takes `q` as it stands; what is no number counts nothing. */
const qualityOf = (text: string): number => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : 0);

function withParams(type: string, subtype: string, texts: readonly string[]): AcceptClause {
  if (texts.length === 0) return { type, subtype, quality: 1, params: NO_PARAMS };
  let quality = 1;
  const params = new Map<string, string>();
  for (const text of texts) {
    const [name = "", value = "", ...more] = text.split("=");
    // Nothing after the sign, or a second one: no parameter.
    if (value === "" || more.join("=") !== "") continue;
    const token = trimSpaces(name);
    if (token === "q") quality = qualityOf(value);
    else params.set(token, trimSpaces(value));
  }
  return { type, subtype, quality, params };
}

function parseClause(text: string): AcceptClause | undefined {
  const [media = "", ...rest] = trimSpaces(text).split(";");
  const [first = "", second = "", ...more] = media.split("/");
  const type = trimSpaces(first);
  if (more.join("/") !== "") return undefined;
  if (second === "") return type === "*" ? withParams("*", "*", rest) : undefined;
  return withParams(type, trimSpaces(second), rest);
}

/** Whether a clause goes before another: by quality, and what is named before what is not. */
function isBefore(a: AcceptClause, b: AcceptClause): boolean {
  if (a.quality > b.quality) return true;
  if (a.type !== "*" && b.type === "*") return true;
  return a.subtype !== "*" && b.subtype === "*";
}

/**
 * The clauses of an Accept header, best first. The order is no total one (a named type of little quality goes before a
 * wildcard of much), so the result depends on how it is sorted: by insertion, as upstream's short lists are.
 */
export function parseAccept(header: string): readonly AcceptClause[] {
  const clauses: AcceptClause[] = [];
  for (const text of header.split(",")) {
    const clause = parseClause(text);
    if (!clause) continue;
    let at = clauses.length;
    while (at > 0 && isBefore(clause, clauses[at - 1]!)) at--;
    clauses.splice(at, 0, clause);
  }
  return clauses;
}
