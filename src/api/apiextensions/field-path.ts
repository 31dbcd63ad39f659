// SPDX-License-Identifier: Apache-2.0

import type { JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import { additionalOf } from "./schema-walk.ts";

/** Why a path leads to no field of a schema. */
export class FieldPathError extends Error {}

/** Where a path leads. */
export interface FoundField {
  readonly names: readonly string[];
  readonly schema: JSONSchemaProps | undefined;
}

const DELIMITERS = ".[]";
const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  "\\": "\\",
};

/** The end of a quoted text that begins at the position. */
function endOfQuoted(path: string, start: number): number {
  for (let i = start + 1; i < path.length; i++) if (path[i] === "'" && path[i - 1] !== "\\") return i + 1;
  return path.length;
}

/** Delimiters and what stands between them. */
function* tokensOf(path: string): Iterable<string> {
  for (let i = 0; i < path.length; ) {
    const start = i;
    if (DELIMITERS.includes(path[i]!)) i++;
    else if (path[i] === "'") i = endOfQuoted(path, i);
    else while (i < path.length && !DELIMITERS.includes(path[i]!)) i++;
    yield path.slice(start, i);
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\./g, (escape) => {
    const character = ESCAPES[escape[1]!];
    if (character === undefined) throw new FieldPathError(`invalid string literal: invalid escape char ${escape}`);
    return character;
  });

function nameIn(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'"))
    throw new FieldPathError(`expected single quoted string but got ${token}`);
  return unescaped(token.slice(1, -1));
}

function below(schema: JSONSchemaProps | undefined, name: string): JSONSchemaProps | undefined {
  const missing = "does not refer to a valid field";
  if (!schema) throw new FieldPathError(missing);
  const { properties } = schema;
  if (!properties) {
    if (schema.additionalProperties === undefined) throw new FieldPathError(missing);
    return additionalOf(schema);
  }
  if (!Object.hasOwn(properties, name)) throw new FieldPathError(missing);
  return properties[name];
}

/** Follows a path such as `.spec.names['a']` through a schema; throws FieldPathError where it leads nowhere. */
export function fieldAt(
  path: string,
  schema: JSONSchemaProps | undefined,
  options: { readonly brackets?: boolean } = {},
): FoundField {
  const tokens = [...tokensOf(path)];
  const names: string[] = [];
  let at: JSONSchemaProps | undefined = schema;
  let i = 0;
  const next = (): string => {
    const token = tokens[i++];
    if (token === undefined) throw new FieldPathError("unexpected end of JSON path");
    return token;
  };
  while (i < tokens.length) {
    const token = next();
    if (token !== "." && token !== "[") throw new FieldPathError(`expected [ or . but got: ${token}`);
    if (token === "[" && options.brackets === false) throw new FieldPathError("array notation is not allowed");
    const name = token === "." ? next() : nameIn(next());
    at = below(at, name);
    names.push(name);
    if (token === ".") continue;
    const end = next();
    if (end !== "]") throw new FieldPathError(`expected ] but got ${end}`);
  }
  return { names, schema: at };
}
