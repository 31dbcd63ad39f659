// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import { CONTENT_TYPES, type Encoding } from "./media-types.ts";

const ENCODINGS = new Map<string, Encoding>(
  Object.entries(CONTENT_TYPES).map(([encoding, type]) => [type, encoding as Encoding]),
);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PARAMETER = /^\s*;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+\-.^_`|~0-9A-Za-z]+)/;

/** Whether what follows a media type are parameters, none twice with two values. */
function areParameters(text: string): boolean {
  const values = new Map<string, string>();
  let rest = text;
  while (rest !== "") {
    const found = PARAMETER.exec(rest);
    if (!found) return /^\s*;?\s*$/.test(rest);
    const name = found[1]!.toLowerCase();
    const value = found[2]!;
    if ((values.get(name) ?? value) !== value) return false;
    values.set(name, value);
    rest = rest.slice(found[0].length);
  }
  return true;
}

function mediaTypeOf(text: string): string | undefined {
  const semicolon = text.indexOf(";");
  const type = (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  const parts = type.split("/");
  if (parts.length > 2 || !parts.every((part) => TOKEN.test(part))) return undefined;
  return semicolon < 0 || areParameters(text.slice(semicolon)) ? type : undefined;
}

/** The encoding of a request's body; undefined when it is none that is understood. No header means JSON. */
export function bodyEncoding(contentType: string | undefined): Encoding | undefined {
  if (!contentType || contentType === CONTENT_TYPES.json) return "json";
  return ENCODINGS.get(mediaTypeOf(contentType) ?? "");
}

/** 415 for a body in another encoding. */
export const unsupportedMediaType = (types: Iterable<string> = ENCODINGS.keys()): StatusError =>
  new StatusError({
    message: `the body of the request was in an unknown format - accepted media types include: ${[...types].join(", ")}`,
    reason: "UnsupportedMediaType",
    code: 415,
  });

/** 415 of upstream's router, for a body of a type that a path does not take. */
export const unroutedMediaType = (): StatusError =>
  new StatusError({ message: "415: Unsupported Media Type", reason: "UnsupportedMediaType", details: {}, code: 415 });
