// SPDX-License-Identifier: Apache-2.0

import {
  type Decoded,
  decodeProtobuf,
  decodeProtobufEnvelope,
  jsonText,
  objectCodec,
  parseYaml,
  type SchemaRegistry,
} from "../../apimachinery/index.ts";
import type { Encoding } from "./media-types.ts";

/** A type of the schema, as bodies are decoded. */
export interface TypedSchema {
  readonly schemas: SchemaRegistry;
  readonly typeName: string;
}

const NO_ERRORS: readonly string[] = [];

/** Decodes a body of any encoding as a type; throws JsonSyntaxError, YamlError, ProtobufError and DecodeError. */
export function decodeBody(type: TypedSchema, source: Uint8Array, encoding: Encoding, strict: boolean): Decoded {
  if (encoding === "json") return objectCodec(type.schemas, type.typeName).decodeJson(source, { strict });
  if (encoding === "protobuf") {
    const envelope = decodeProtobufEnvelope(source);
    return { object: decodeProtobuf(type.schemas, type.typeName, envelope), strictErrors: NO_ERRORS };
  }
  const document = parseYaml(jsonText(source));
  const decoded = objectCodec(type.schemas, type.typeName).decodeValue(document.value, { strict });
  if (!strict || document.duplicateKeys.length === 0) return decoded;
  return { object: decoded.object, strictErrors: [...document.duplicateKeys, ...decoded.strictErrors] };
}
