// SPDX-License-Identifier: Apache-2.0

import type { ModelTexts } from "./doc-comments.ts";

const COMMENT = String.raw`/\*\*(?:(?!\*/)[^])*\*/`;

/** The text of a doc comment whose lines are those of the text. */
function textOf(comment: string | undefined): string {
  if (!comment) return "";
  const lines = comment.trim().slice("/**".length, -"*/".length).split("\n");
  const text = lines.map((line) => line.replace(/^\s*\* ?/, "")).join("\n");
  return text
    .trim()
    .replace(/\n@deprecated$/, "")
    .replace(/\\([*/])/g, "$1");
}

/** What the declaration of an interface, one file a type, says of the type and of its fields. */
export function interfaceTexts(declaration: string): Omit<ModelTexts, "models"> | undefined {
  const head = new RegExp(String.raw`(${COMMENT})?\s*export (?:interface|(?:declare )?type|declare const) \w+`).exec(
    declaration,
  );
  if (!head) return undefined;
  const rest = declaration.slice(head.index + head[0].length);
  const body = /^[^{\n]*\{\n([^]*?)\n\}/.exec(rest)?.[1] ?? "";
  const fields: Record<string, string> = {};
  for (const [, comment, name] of body.matchAll(new RegExp(String.raw`(?:^|\n) {4}(${COMMENT})\s*"([^"]+)"\??:`, "g")))
    fields[name!] = textOf(comment);
  return { own: textOf(head[1]), fields };
}
