// SPDX-License-Identifier: Apache-2.0

import {
  type Decoded,
  decodeProtobuf,
  decodeProtobufEnvelope,
  isJsonObject,
  type JsonObject,
  jsonText,
  objectCodec,
  parseJson,
  parseYaml,
  type SchemaRegistry,
  goJsonKind,
} from "../../apimachinery/index.ts";
import type { Encoding } from "./media-types.ts";

/** A type of the schema, as bodies are decoded. */
export interface TypedSchema {
  readonly schemas: SchemaRegistry;
  readonly typeName: string;
}

const NO_ERRORS: readonly string[] = [];

/** What Go reads kind and apiVersion into. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** A body that can be read, but is no object. */
export class BodyShapeError extends Error {
  override readonly name = "BodyShapeError";

  constructor(value: unknown) {
    super(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goJsonKind(value)} into Go value of type ${TYPE_META}`,
    );
  }
}

/**
 * What Go says of a body whose kind or apiVersion is no text: it reads the two before all else, into a nameless type.
 * For bodies that could not be decoded; undefined when the two are fine.
 */
export function wrongTypeMeta(source: Uint8Array, encoding: Encoding): string | undefined {
  if (encoding === "protobuf") return undefined;
  const value = encoding === "json" ? parseJson(source) : inOrder(parseYaml(jsonText(source)).value);
  if (!isJsonObject(value)) return undefined;
  const isWrong = (field: string): boolean => typeof value[field] !== "string" && value[field] !== null;
  const field = Object.keys(value).find((key) => (key === "kind" || key === "apiVersion") && isWrong(key));
  if (field === undefined) return undefined;
  const found = `cannot unmarshal ${goJsonKind(value[field])} into Go struct field .${field} of type string`;
  return `couldn't get version/kind; json parse error: json: ${found}`;
}

const BRACE = 0x7b;
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

function firstByte(source: Uint8Array): number | undefined {
  let at = 0;
  while (SPACES.has(source[at]!)) at++;
  return source[at];
}

function decodeJsonBody(type: TypedSchema, source: Uint8Array, strict: boolean): Decoded {
  const codec = objectCodec(type.schemas, type.typeName);
  if (firstByte(source) === BRACE) return codec.decodeJson(source, { strict });
  const value = parseJson(source);
  // Go leaves what it reads into as it is.
  if (value === null) return codec.decodeValue({}, { strict });
  throw new BodyShapeError(value);
}

/** Upstream turns YAML into JSON before it reads it, with keys in order: so it finds mistakes in that order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) sorted[key] = inOrder(value[key]);
  return sorted;
}

function decodeYamlBody(type: TypedSchema, source: Uint8Array, strict: boolean): Decoded {
  const document = parseYaml(jsonText(source));
  const value = document.value ?? {};
  if (!isJsonObject(value)) throw new BodyShapeError(value);
  const decoded = objectCodec(type.schemas, type.typeName).decodeValue(inOrder(value), { strict });
  if (!strict || document.duplicateKeys.length === 0) return decoded;
  const duplicates = `${YAML_ERRORS}${document.duplicateKeys.map((text) => `\n  ${text}`).join("")}`;
  return { object: decoded.object, strictErrors: [duplicates, ...decoded.strictErrors] };
}

const YAML_ERRORS = "yaml: unmarshal errors:";

/** What strict decoding found as warnings: each of YAML's own mistakes is one. */
export const strictWarnings = (errors: readonly string[]): string[] =>
  errors.flatMap((text) =>
    text.startsWith(YAML_ERRORS)
      ? text
          .split("\n")
          .slice(1)
          .map((line) => line.trim())
      : [text],
  );

/** Decodes a body as a type; throws JsonSyntaxError, YamlError, ProtobufError, BodyShapeError and DecodeError. */
export function decodeBody(type: TypedSchema, source: Uint8Array, encoding: Encoding, strict: boolean): Decoded {
  if (encoding === "json") return decodeJsonBody(type, source, strict);
  if (encoding === "yaml") return decodeYamlBody(type, source, strict);
  const envelope = decodeProtobufEnvelope(source);
  return { object: decodeProtobuf(type.schemas, type.typeName, envelope), strictErrors: NO_ERRORS };
}
