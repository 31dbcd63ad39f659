// SPDX-License-Identifier: Apache-2.0

const COMMENT = String.raw`/\*\*(?:(?!\*/)[^])*\*/`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The names that a generated client gives to a type: `core.v1.Pod` is `V1Pod`, or `CoreV1Pod` where another group has a
 * type of that name.
 */
export function modelNames(short: string): string[] {
  const [group = "", version = "", name] = short.split(".");
  if (name === undefined) return [];
  return [capital(group) + capital(version) + name, capital(version) + name];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&gt;": ">",
  "&lt;": "<",
  "&quot;": '"',
  "&#39;": "'",
  "&#x3D;": "=",
  "&#x60;": "`",
};

/**
 * The text of a doc comment. The generator escaped what would end a comment or a string, and some characters as HTML has
 * it; it wrote line breaks as spaces, so that two of them after a sentence were a paragraph's end.
 */
function textOf(comment: string | undefined): string {
  if (!comment) return "";
  const lines = comment.trim().slice("/**".length, -"*/".length).split("\n");
  const text = lines.map((line) => line.replace(/^\s*\* ?/, "")).join("\n");
  return text
    .trim()
    .replace(/\\(.)/g, "$1")
    .replaceAll("*_/", "*/")
    .replace(/&[#\w]+;/g, (entity) => ENTITIES[entity] ?? entity)
    .replace(/(?<=[.:]) {2}(?=\S)/g, "\n\n")
    .replace(/ {3}(?=\S)/g, "\n  ")
    .replace(/(?<=\.) - (?=`)/g, "\n- ");
}

/** What a generated model says. */
export interface ModelTexts {
  readonly own: string;
  /** By the names of the fields in JSON. */
  readonly fields: Readonly<Record<string, string>>;
  /** The models that fields without words of their own refer to, by field. */
  readonly models: Readonly<Record<string, string>>;
}

/** What a generated model's declaration says of a type and of its fields; its code has their names in JSON. */
export function modelTexts(declaration: string, code: string): ModelTexts {
  const head = new RegExp(String.raw`(${COMMENT})?\s*export declare class \w+ \{`).exec(declaration);
  if (!head) return { own: "", fields: {}, models: {} };
  const texts = new Map<string, string>();
  const member = new RegExp(String.raw`(${COMMENT})\s*'(\w+)'\??:`, "g");
  for (const [, comment, name] of declaration.slice(head.index + head[0].length).matchAll(member))
    texts.set(name!, textOf(comment));
  const fields: Record<string, string> = {};
  const models: Record<string, string> = {};
  for (const [, name, wire, type] of code.matchAll(/"name": "(\w+)",\s*"baseName": "([^"]+)",\s*"type": "([^"]+)"/g)) {
    const text = texts.get(name!);
    if (text) fields[wire!] = text;
    else if (/^[A-Z]/.test(type!)) models[wire!] = type!;
  }
  return { own: textOf(head[1]), fields, models };
}

/** Operations whose parameters are their own: `connectGetNamespacedPodExec` → `PodExec`. */
const OWN_OPERATION =
  /(?:connectGet|read)(?:Namespaced)?(Pod(?:Attach|Exec|Portforward|Proxy|Log)|(?:Service|Node)Proxy)$/m;

/**
 * What a generated client says of query parameters, by name. A patch speaks of its own of some: `patch:NAME`; and those
 * of some subresources are theirs alone: `PodExec:NAME`.
 */
export function parameterTexts(declarations: string): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [, comment, name] of declarations.matchAll(new RegExp(String.raw`(${COMMENT})\s*(\w+)\??:`, "g"))) {
    const [text, tags] = textOf(comment).split("\nDefaults to: ");
    const parameter = name!.replace(/^_/, "");
    const own = OWN_OPERATION.exec(tags ?? "")?.[1];
    const ofPatch = tags?.includes("Apipatch") && parameter === "fieldManager";
    texts[ofPatch ? `patch:${parameter}` : own ? `${own}:${parameter}` : parameter] ??= text!.trim();
  }
  delete texts["body"];
  return texts;
}
