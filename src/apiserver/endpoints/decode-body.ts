// SPDX-License-Identifier: Apache-2.0

import { type Decoded, objectCodec, type SchemaRegistry } from "../../apimachinery/index.ts";
import { type Encoding, unsupportedMediaType } from "./media-types.ts";

/** A type of the schema, as bodies are decoded. */
export interface TypedSchema {
  readonly schemas: SchemaRegistry;
  readonly typeName: string;
}

/** Decodes a body of any encoding as a type; throws JsonSyntaxError and DecodeError. */
export function decodeBody(type: TypedSchema, source: Uint8Array, encoding: Encoding, strict: boolean): Decoded {
  if (encoding !== "json") throw unsupportedMediaType();
  return objectCodec(type.schemas, type.typeName).decodeJson(source, { strict });
}
