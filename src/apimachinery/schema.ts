// SPDX-License-Identifier: Apache-2.0

/**
 * The compact schema: what decoding, defaulting, validation, patches, managed fields and protobuf need of a type.
 * Built from the generated data of a Kubernetes version for built-in kinds and from the CRD for custom ones; both look
 * the same from here. Named types are resolved lazily, since types refer to themselves (JSONSchemaProps).
 */
export type Shape = ScalarShape | ListShape | MapShape | ObjectShape | RefShape;

/** How a scalar is read and checked. "any" is free-form JSON (RawExtension, FieldsV1, unknown). */
export type ScalarKind =
  | "string"
  | "boolean"
  | "int32"
  | "int64"
  | "number"
  | "bytes"
  | "quantity"
  | "time"
  | "microTime"
  | "duration"
  | "intOrString"
  | "any";

export interface ScalarShape {
  readonly type: "scalar";
  readonly scalar: ScalarKind;
}

export interface ListShape {
  readonly type: "list";
  readonly items: Shape;
  /** x-kubernetes-list-type; atomic where the document says nothing. */
  readonly listType: "atomic" | "set" | "map";
  /** x-kubernetes-list-map-keys. */
  readonly mapKeys?: readonly string[];
  /** x-kubernetes-patch-strategy: "merge", "replace", "retainKeys", or "merge,retainKeys". */
  readonly patchStrategy?: string;
  /** x-kubernetes-patch-merge-key. */
  readonly patchMergeKey?: string;
}

/** A map of free keys to values of one shape (additionalProperties). */
export interface MapShape {
  readonly type: "map";
  readonly values: Shape;
  /** x-kubernetes-map-type: atomic. */
  readonly atomic?: boolean;
}

/** A named type of the schema's registry. */
export interface RefShape {
  readonly type: "ref";
  /** As in the OpenAPI document: `io.k8s.api.core.v1.PodSpec`. */
  readonly name: string;
  /** Field-level overrides of the referenced type. */
  readonly atomic?: boolean;
  readonly patchStrategy?: string;
}

export interface FieldSchema {
  readonly shape: Shape;
  /** Default that the document itself states (list-map keys need it: protocol TCP). */
  readonly default?: unknown;
  /** Field number in protobuf, after those of the messages that JSON inlines; absent for types that have none. */
  readonly protobufTags?: readonly number[];
  /** The Go field is a pointer: absent and zero differ. */
  readonly pointer?: boolean;
  /** Written even when empty: the Go field has no omitempty. */
  readonly keptEmpty?: boolean;
  /** A struct or time that is left out when zero; others that are no pointers are written always. */
  readonly omitZero?: boolean;
  /** The Go names of the embedded structs around a field that JSON inlines: `VolumeSource`. */
  readonly embedded?: string;
  /** The Go type as its JSON decoder's errors print it, where it is not plain. */
  readonly goType?: string;
}

export interface ObjectShape {
  readonly type: "object";
  readonly fields: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly atomic?: boolean;
  /** Unknown fields are kept, not pruned (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown?: boolean;
}

/** All named types of one Kubernetes version (or of one CRD version). */
export interface SchemaRegistry {
  /** The type of that name; asserts that it exists. */
  type(name: string): ObjectShape | ScalarShape;
  has(name: string): boolean;
  /** The types of a custom kind: objects are pruned to them, and otherwise stay as they were sent. */
  readonly structural?: boolean;
}

/** Follows references to the shape itself. */
export function resolveShape(registry: SchemaRegistry, shape: Shape): ScalarShape | ListShape | MapShape | ObjectShape {
  if (shape.type !== "ref") return shape;
  const found = registry.type(shape.name);
  if (found.type === "object" && shape.atomic !== undefined) return { ...found, atomic: shape.atomic };
  return found;
}
