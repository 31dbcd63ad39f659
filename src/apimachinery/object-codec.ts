// SPDX-License-Identifier: Apache-2.0

import { DecodeContext } from "./decode-context.ts";
import { rememberEmpties } from "./empty-collections.ts";
import { isJsonObject, type JsonObject } from "./json-value.ts";
import {
  glanceAtJson,
  JsonSyntaxError,
  MAX_DEPTH,
  nestingError,
  parseExactJson,
  withoutLoneSurrogates,
  parseFastJson,
} from "./json-parser.ts";
import type { KubeObject } from "./object.ts";
import type { SchemaRegistry } from "./schema.ts";
import { parseYaml } from "./yaml-reader.ts";
import { type ObjectDecoder, TypeDecoders } from "./type-decoder.ts";

/** An object of some type that cannot be decoded; the message is that of Go's decoder. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** A decoded object, and what strict decoding holds against it. */
export interface Decoded<T = KubeObject> {
  readonly object: T;
  /** `unknown field "spec.foo"`, `duplicate field "kind"`: refused, warned of, or ignored, as fieldValidation says. */
  readonly strictErrors: readonly string[];
}

/** How a value is decoded. */
export interface DecodeOptions {
  /** Look for unknown and duplicate fields; true unless given. */
  readonly strict?: boolean;
  /** Paths of unknown fields name the keys of maps; not so where upstream converts a value instead of decoding it. */
  readonly namesKeys?: boolean;
}

const NO_STRICT_ERRORS: readonly string[] = [];
const decodersByRegistry = new WeakMap<SchemaRegistry, TypeDecoders>();
const codecs = new WeakMap<SchemaRegistry, Map<string, ObjectCodec>>();
/** Go knows no byte order marks. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The compiled decoders of a registry. */
function typeDecoders(registry: SchemaRegistry): TypeDecoders {
  let decoders = decodersByRegistry.get(registry);
  if (!decoders) decodersByRegistry.set(registry, (decoders = new TypeDecoders(registry)));
  return decoders;
}

/** The text of JSON bytes; a text is answered as it is. */
export const jsonText = (source: Uint8Array | string): string =>
  typeof source === "string" ? source : utf8.decode(source);

/**
 * Reads and checks objects of one type. Decoded objects are in canonical form: exactly the fields that the original
 * would write, so that absent and zero are told apart as Go's types do. Values that Go always writes stand there (null
 * for times and lists nobody set), empty ones that it leaves out do not.
 */
export class ObjectCodec {
  private readonly decoder: ObjectDecoder;

  constructor(decoder: ObjectDecoder) {
    this.decoder = decoder;
  }

  /**
   * Decodes JSON; throws DecodeError.
   *
   * @example
   * const { object, strictErrors } = objectCodec(registry, "io.k8s.api.core.v1.Pod").decodeJson(body);
   */
  decodeJson(source: Uint8Array | string, options?: DecodeOptions): Decoded {
    const text = withoutLoneSurrogates(jsonText(source));
    try {
      return this.decodeText(text, options);
    } catch (error) {
      // Go looks at the whole text before it decodes any of it.
      const tooDeep = text.length > MAX_DEPTH ? nestingError(text) : undefined;
      if (tooDeep && !(error instanceof JsonSyntaxError)) throw tooDeep;
      // Every reader of JSON descends by calls; who nests so deep means harm.
      throw error instanceof RangeError ? new DecodeError("exceeded max depth", { cause: error }) : error;
    }
  }

  private decodeText(text: string, options: DecodeOptions | undefined): Decoded {
    const glance = glanceAtJson(text);
    if (glance.plainNumbers) {
      const value = parseFastJson(text);
      if (value !== undefined) {
        const context = new DecodeContext();
        const object = this.decodeObject(value, context);
        // Fewer members than in the source: a key stands twice, and only the exact way can tell which.
        if (context.members === glance.members || options?.strict === false)
          return this.result(object, context, options);
      }
    }
    return this.decodeExactly(text, options);
  }

  private decodeExactly(text: string, options: DecodeOptions | undefined): Decoded {
    const { value, repeatedKeys } = parseExactJson(text);
    const context = new DecodeContext(true, repeatedKeys);
    return this.result(this.decodeObject(value, context), context, options);
  }

  /** Decodes the first document of YAML; keys that stand twice are strict errors. Throws YamlError and DecodeError. */
  decodeYaml(source: Uint8Array | string, options?: DecodeOptions): Decoded {
    const { value, duplicateKeys } = parseYaml(jsonText(source));
    const decoded = this.decodeValue(value, options);
    if (duplicateKeys.length === 0 || options?.strict === false) return decoded;
    const duplicates = `yaml: unmarshal errors:\n${duplicateKeys.map((text) => `  ${text}`).join("\n")}`;
    return { object: decoded.object, strictErrors: [duplicates, ...decoded.strictErrors] };
  }

  /** Decodes a parsed value, which is changed and becomes part of the result; throws DecodeError. */
  decodeValue(value: unknown, options?: DecodeOptions): Decoded {
    const context = new DecodeContext();
    context.namesKeys = options?.namesKeys !== false;
    return this.result(this.decodeObject(value, context), context, options);
  }

  /** Unknown fields of a parsed value, without filling in what is absent; the value is changed. Throws DecodeError. */
  strictErrorsOf(value: unknown): readonly string[] {
    const context = new DecodeContext(false);
    this.decodeObject(value, context);
    if (context.failure !== undefined) throw new DecodeError(context.failure);
    return context.strictErrors();
  }

  /** Brings an object that code of ours made or changed into canonical form; throws DecodeError on a wrong type. */
  canonical<T extends object>(object: T): T {
    return this.decodeValue(object, { strict: false }).object as unknown as T;
  }

  /** An empty list is an absent one, but for managed fields: there it means that a writer resets them. */
  private decodeObject(value: unknown, context: DecodeContext): JsonObject | undefined {
    const resets = resetsManagedFields(value);
    const object = this.decoder.decode(value, context);
    if (resets && isJsonObject(object?.["metadata"])) object["metadata"]["managedFields"] = [];
    return object;
  }

  private result(object: JsonObject | undefined, context: DecodeContext, options: DecodeOptions | undefined): Decoded {
    if (context.empties && object) rememberEmpties(object, context.empties);
    if (context.errors === 0) return { object: object as unknown as KubeObject, strictErrors: NO_STRICT_ERRORS };
    const { failure } = context;
    if (failure !== undefined) throw new DecodeError(failure);
    const strictErrors = options?.strict === false ? NO_STRICT_ERRORS : context.strictErrors();
    return { object: object as unknown as KubeObject, strictErrors };
  }
}

function resetsManagedFields(value: unknown): boolean {
  if (!isJsonObject(value) || !isJsonObject(value["metadata"])) return false;
  const { managedFields } = value["metadata"];
  return Array.isArray(managedFields) && managedFields.length === 0;
}

/** The codec of a type, by its OpenAPI name; made once for each registry. */
export function objectCodec(registry: SchemaRegistry, typeName: string): ObjectCodec {
  let known = codecs.get(registry);
  if (!known) codecs.set(registry, (known = new Map()));
  let codec = known.get(typeName);
  if (!codec) known.set(typeName, (codec = new ObjectCodec(typeDecoders(registry).object(typeName))));
  return codec;
}

/** JSON text of an object; integers beyond 2^53 are written as they are. */
export function encodeJson(object: unknown): string {
  try {
    return JSON.stringify(object);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(object, (_key, value: unknown) =>
      typeof value === "bigint" ? rawJson(value.toString()) : value,
    );
  }
}

/** JSON.rawJSON is younger than the language's declared library. */
const rawJson = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
