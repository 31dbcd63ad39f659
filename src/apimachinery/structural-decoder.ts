// SPDX-License-Identifier: Apache-2.0

import { goJsonKind } from "./go-json-kind.ts";
import type { DecodeContext } from "./decode-context.ts";
import { settleNumbers } from "./json-parser.ts";
import { isJsonObject, type JsonObject, setJsonField } from "./json-value.ts";
import { countMembers } from "./scalar-decoder.ts";
import type { ObjectShape, SchemaRegistry, Shape } from "./schema.ts";

/** Decodes the metadata of a custom object, which has the type that every ObjectMeta has. */
export interface MetadataDecoder {
  decode(value: unknown, context: DecodeContext): JsonObject | undefined;
  zero(): JsonObject;
}

/**
 * Decodes objects of custom kinds: fields that the schema does not know are dropped and told of, everything else stays as
 * it was sent. Types are the business of validation, but for metadata.
 */
export class StructuralDecoder {
  private readonly shape: ObjectShape;
  private readonly registry: SchemaRegistry;
  private readonly metadata: MetadataDecoder;

  constructor(shape: ObjectShape, registry: SchemaRegistry, metadata: MetadataDecoder) {
    this.shape = shape;
    this.registry = registry;
    this.metadata = metadata;
  }

  decode(value: unknown, context: DecodeContext): JsonObject | undefined {
    if (!isJsonObject(value)) return context.typeMismatch(goJsonKind(value), "map[string]interface {}");
    const pruned: JsonObject = {};
    const before = context.errors;
    for (const key in value) this.rootField(key, value[key], pruned, context);
    if (context.errors === before && context.fill && pruned["metadata"] === undefined)
      pruned["metadata"] = this.metadata.zero();
    return context.exact ? (settleNumbers(pruned) as JsonObject) : pruned;
  }

  private rootField(key: string, child: unknown, pruned: JsonObject, context: DecodeContext): void {
    if (key === "apiVersion" || key === "kind") {
      context.members++;
      pruned[key] = child;
      return;
    }
    if (key !== "metadata") return this.field(this.shape, key, child, pruned, context);
    context.members++;
    if (child === null) return;
    const before = context.errors;
    const metadata = this.metadata.decode(child, context);
    if (context.errors !== before) context.inField(before, { name: key, goPath: key, goStruct: "" });
    if (metadata !== undefined) pruned[key] = metadata;
  }

  private field(shape: ObjectShape, key: string, child: unknown, pruned: JsonObject, context: DecodeContext): void {
    context.members++;
    const known = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    if (!known) {
      context.members += countMembers(child);
      if (shape.preserveUnknown) setJsonField(pruned, key, child);
      else context.unknownField(key);
      return;
    }
    const before = context.errors;
    setJsonField(pruned, key, this.value(known.shape, child, context));
    if (context.errors !== before) context.inKey(before, key);
  }

  private value(shape: Shape, value: unknown, context: DecodeContext): unknown {
    const target = shape.type === "ref" ? this.registry.type(shape.name) : shape;
    if (target.type === "list" && Array.isArray(value)) return this.list(target.items, value, context);
    if (target.type === "map" && isJsonObject(value)) return this.map(target.values, value, context);
    if (target.type === "object" && isJsonObject(value)) {
      const pruned: JsonObject = {};
      for (const key in value) this.field(target, key, value[key], pruned, context);
      return pruned;
    }
    context.members += countMembers(value);
    return value;
  }

  private list(items: Shape, list: readonly unknown[], context: DecodeContext): unknown[] {
    return list.map((item, index) => {
      const before = context.errors;
      const next = this.value(items, item, context);
      if (context.errors !== before) context.inIndex(before, index);
      return next;
    });
  }

  private map(values: Shape, map: JsonObject, context: DecodeContext): JsonObject {
    const pruned: JsonObject = {};
    for (const key in map) {
      context.members++;
      const before = context.errors;
      setJsonField(pruned, key, this.value(values, map[key], context));
      if (context.errors !== before) context.inKey(before, key);
    }
    return pruned;
  }
}
