// SPDX-License-Identifier: Apache-2.0

import { type LinkRewriter, rewriteLink } from "./proxied-links.ts";

/** The attributes of each element that hold a link. */
const LINK_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ["href"],
  applet: ["codebase"],
  area: ["href"],
  audio: ["src"],
  base: ["href"],
  blockquote: ["cite"],
  body: ["background"],
  button: ["formaction"],
  command: ["icon"],
  del: ["cite"],
  embed: ["src"],
  form: ["action"],
  frame: ["longdesc", "src"],
  head: ["profile"],
  html: ["manifest"],
  iframe: ["longdesc", "src"],
  img: ["longdesc", "src", "usemap"],
  input: ["src", "usemap", "formaction"],
  ins: ["cite"],
  link: ["href"],
  object: ["classid", "codebase", "data", "usemap"],
  q: ["cite"],
  script: ["src"],
  source: ["src"],
  video: ["poster", "src"],
};

/** Elements whose content is text up to their end tag. */
const RAW_TEXT: ReadonlySet<string> = new Set([
  "iframe",
  "noembed",
  "noframes",
  "noscript",
  "plaintext",
  "script",
  "style",
  "textarea",
  "title",
  "xmp",
]);

/** The beginning of a start tag, up to its attributes. */
const TAG_NAME = /<([A-Za-z][^\s/>]*)/y;
const AFTER_EQUALS = /=\s*(["'])?/y;
const ATTRIBUTE = /([^\s/=][^\s/=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s]*)))?/g;

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const REFERENCE = /&(?:#[xX]([0-9a-fA-F]+)|#(\d+)|([A-Za-z]+));?/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "'": "&#39;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "\r": "&#13;",
};

const fromCode = (code: number, otherwise: string): string =>
  code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : otherwise;

const unescape = (text: string): string =>
  text.replaceAll(REFERENCE, (whole: string, hex?: string, decimal?: string, name?: string) => {
    if (hex) return fromCode(Number.parseInt(hex, 16), whole);
    if (decimal) return fromCode(Number(decimal), whole);
    return NAMED[name ?? ""] ?? whole;
  });

const escape = (text: string): string => text.replaceAll(/[&'<>"\r]/g, (character) => ESCAPES[character]!);

/** Writes a start tag anew, with its links rewritten. */
function rewriteTag(name: string, attributes: string, links: LinkRewriter): string {
  const linking = LINK_ATTRIBUTES[name] ?? [];
  let written = `<${name}`;
  for (const [, attribute = "", double, single, bare] of attributes.matchAll(ATTRIBUTE)) {
    const key = attribute.toLowerCase();
    const value = unescape(double ?? single ?? bare ?? "");
    written += ` ${key}="${escape((linking.includes(key) && rewriteLink(value, links)) || value)}"`;
  }
  return `${written}${attributes.endsWith("/") ? "/" : ""}>`;
}

/** Where the `>` of a start tag stands, which may stand in quoted values too; -1 when it never ends. */
function endOfStartTag(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    if (html[at] === ">") return at;
    if (html[at] !== "=") continue;
    AFTER_EQUALS.lastIndex = at;
    const quote = AFTER_EQUALS.exec(html)?.[1];
    at = AFTER_EQUALS.lastIndex - 1;
    const close = quote ? html.indexOf(quote, at + 1) : -1;
    if (close >= 0) at = close;
  }
  return -1;
}

/** Where what starts at `<` ends, when it is no start tag: comments, end tags, declarations. */
function endOfOther(html: string, at: number): number {
  if (html.startsWith("<!--", at)) {
    const end = html.indexOf("-->", at + 4);
    return end < 0 ? html.length : end + 3;
  }
  if (!/[A-Za-z/!?]/.test(html[at + 1] ?? "")) return at + 1;
  const end = html.indexOf(">", at);
  return end < 0 ? html.length : end + 1;
}

/** Where the text of an element ends: at its end tag. */
function endOfRawText(html: string, at: number, name: string): number {
  if (name === "plaintext") return html.length;
  const found = new RegExp(`</${name}[\\s/>]`, "gi");
  found.lastIndex = at;
  return found.exec(html)?.index ?? html.length;
}

/** A page of a backend as it is read through the proxy: every start tag is written anew, the rest stays as it was. */
export function rewriteHtml(html: string, links: LinkRewriter): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open < 0) break;
    pieces.push(html.slice(at, open));
    at = open;
    TAG_NAME.lastIndex = open;
    const name = TAG_NAME.exec(html)?.[1]!.toLowerCase();
    if (name === undefined) {
      at = endOfOther(html, open);
      pieces.push(html.slice(open, at));
      continue;
    }
    const end = endOfStartTag(html, TAG_NAME.lastIndex);
    // No other tag after it has an end either.
    if (end < 0) break;
    pieces.push(rewriteTag(name, html.slice(TAG_NAME.lastIndex, end), links));
    at = end + 1;
    if (!RAW_TEXT.has(name)) continue;
    const textEnd = endOfRawText(html, at, name);
    pieces.push(html.slice(at, textEnd));
    at = textEnd;
  }
  pieces.push(html.slice(at));
  return pieces.join("");
}
