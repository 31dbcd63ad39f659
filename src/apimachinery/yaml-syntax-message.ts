// SPDX-License-Identifier: Apache-2.0

import type { YAMLException } from "js-yaml";

/** What go-yaml says of a mistake. Its scanner counts lines from one, its parser from zero. */
interface GoYamlMistake {
  readonly by: "scanner" | "parser";
  readonly message: string;
}

const scanner = (message: string): GoYamlMistake => ({ by: "scanner", message });
const parser = (message: string): GoYamlMistake => ({ by: "parser", message });

const CANNOT_START = scanner("found character that cannot start any token");
const FLOW = /within a flow collection|missed comma|found ','|deficient indentation/;

/** Mistakes that js-yaml names as go-yaml would, in other words. */
const BY_REASON: readonly (readonly [RegExp, GoYamlMistake])[] = [
  [
    /a multiline key may not be|expected ':' after|whitespace character is expected/,
    scanner("could not find expected ':'"),
  ],
  [/bad indentation of a sequence entry/, parser("did not find expected '-' indicator")],
  [/within a (?:single|double) quoted scalar/, scanner("found unexpected end of stream")],
  [/unknown escape sequence/, scanner("found unknown escape character")],
  [/expected hexadecimal character/, scanner("did not find expected hexdecimal number")],
  [/undeclared tag handle/, parser("found undefined tag handle")],
  [/non-printable characters|valid JSON character/, scanner("control characters are not allowed")],
  [/directives end mark/, scanner("found unknown directive name")],
  [/nesting exceeded/, scanner("exceeded max depth of 10000")],
];

/** The bracket that closes the innermost collection that is open at the end of the text. */
function missingBracket(text: string): string {
  const open: string[] = [];
  for (const c of text) {
    if (c === "[" || c === "{") open.push(c);
    else if (c === "]" || c === "}") open.pop();
  }
  return open.at(-1) === "[" ? "]" : "}";
}

function mistakeAt(reason: string, source: string, position: number): GoYamlMistake {
  const character = source[position] ?? "";
  const lineStart = source.lastIndexOf("\n", position - 1) + 1;
  const before = source.slice(0, lineStart).trimEnd();
  if (reason.includes("tab characters"))
    return before.endsWith(":") ? CANNOT_START : scanner("found a tab character that violates indentation");
  if (/bad indentation of a mapping entry|end of the stream or a document separator/.test(reason)) {
    if ((character && "@`%\t".includes(character)) || source[lineStart] === "\t") return CANNOT_START;
    if (character === ":") return scanner("mapping values are not allowed in this context");
    return /^\s*-/.test(source) && position === lineStart
      ? parser("did not find expected '-' indicator")
      : parser("did not find expected key");
  }
  if (FLOW.test(reason) && source.slice(position).trim() === "" && /[[{,]\s*$/.test(source)) {
    return parser("did not find expected node content");
  }
  if (FLOW.test(reason)) return parser(`did not find expected ',' or '${missingBracket(source.slice(0, position))}'`);
  return BY_REASON.find(([pattern]) => pattern.test(reason))?.[1] ?? scanner(reason);
}

/** `yaml: line 3: did not find expected key`: the message of go-yaml for what js-yaml refused. */
export function yamlSyntaxMessage(error: YAMLException, source: string): string {
  const position = error.mark?.position ?? 0;
  const mistake = mistakeAt(error.reason, source, position);
  // The end of a text stands on a line of its own.
  const atEnd =
    position >= source.length && !source.endsWith("\n") && mistake.message !== "found unexpected end of stream";
  const zeroBased = (error.mark?.line ?? 0) + (atEnd ? 1 : 0);
  const line = mistake.by === "scanner" && zeroBased > 0 ? zeroBased + 1 : zeroBased;
  return `yaml: ${line > 0 ? `line ${line}: ` : ""}${mistake.message}`;
}
