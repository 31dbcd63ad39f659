// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, jsonField } from "../json-value.ts";
import { scalarZero } from "../scalar-decoder.ts";
import type { FieldSchema, ListShape, ObjectShape, ScalarKind, SchemaRegistry, Shape } from "../schema.ts";
import { fieldElement, keyElement, valueElement, type KeyField, type PathElement } from "./path-element.ts";

/** A shape as field ownership sees it: references followed, atomic parts known, path elements of list items at hand. */
export type Structure = ScalarStructure | ListStructure | MapStructure | AnyStructure;

export interface ScalarStructure {
  readonly type: "scalar";
  readonly scalar: ScalarKind;
}

/** Free-form JSON: what it is shows with each value. Objects are owned field by field, lists as a whole. */
export interface AnyStructure {
  readonly type: "any";
  /** Owned as a whole, whatever it is (RawExtension). */
  readonly atomic: boolean;
}

export const ANY: AnyStructure = { type: "any", atomic: false };
const ATOMIC_ANY: AnyStructure = { type: "any", atomic: true };

/** These types are owned as a whole. */
const ATOMIC_ANY_TYPES: ReadonlySet<string> = new Set(["io.k8s.apimachinery.pkg.runtime.RawExtension"]);

/** The caches of one structure hold no more than this. */
const MAX_CACHED_ELEMENTS = 10_000;

/** Why an element of a list-map or set has no path element. */
export class BadListElement extends Error {}

/** A list: atomic, a set (no keys), or a list-map. */
export class ListStructure {
  readonly type = "list";
  readonly atomic: boolean;
  readonly keys: readonly string[];
  readonly #structures: Structures;
  readonly #shape: ListShape;
  #items: Structure | undefined;
  #elements = new Map<unknown, PathElement>();

  constructor(structures: Structures, shape: ListShape) {
    this.#structures = structures;
    this.#shape = shape;
    this.atomic = shape.listType === "atomic";
    this.keys = shape.listType === "map" ? [...(shape.mapKeys ?? [])].sort() : [];
  }

  get items(): Structure {
    return (this.#items ??= this.#structures.of(this.#shape.items));
  }

  /** The path element of an item; throws BadListElement for one that cannot have any. */
  elementOf(item: unknown): PathElement {
    if (this.keys.length === 0) return this.#cached(item, setElement);
    if (item === null) throw new BadListElement("associative list with keys may not have a null element");
    if (!isJsonObject(item)) throw new BadListElement("associative list with keys may not have non-map elements");
    if (this.keys.length === 1) {
      const value = jsonField(item, this.keys[0]!);
      if (typeof value === "string" || typeof value === "number") return this.#cached(value, this.#singleKeyElement);
    }
    return this.#keysElement(item);
  }

  readonly #singleKeyElement = (value: unknown): PathElement => keyElement([{ name: this.keys[0]!, value }]);

  #cached(value: unknown, make: (value: unknown) => PathElement): PathElement {
    let element = this.#elements.get(value);
    if (element === undefined) {
      element = make(value);
      if (this.#elements.size >= MAX_CACHED_ELEMENTS) this.#elements.clear();
      this.#elements.set(value, element);
    }
    return element;
  }

  #keysElement(item: Readonly<Record<string, unknown>>): PathElement {
    const fields: KeyField[] = [];
    for (const name of this.keys) {
      const given = jsonField(item, name);
      // A key that is null is one: the default is for what is absent.
      const value = given === undefined ? this.#keyDefault(name) : given;
      if (value !== undefined) fields.push({ name, value });
    }
    if (fields.length === 0) {
      const keys = `[${this.#shape.mapKeys?.map((key) => JSON.stringify(key)).join(" ")}]`;
      throw new BadListElement(
        `associative list with keys has an element that omits all key fields ${keys} (and doesn't have default values for any key fields)`,
      );
    }
    return keyElement(fields);
  }

  #keyDefault(name: string): unknown {
    const { items } = this;
    if (items.type !== "map") throw new BadListElement("associative list may not have non-map types");
    return items.defaultOf(name);
  }
}

function setElement(item: unknown): PathElement {
  if (Array.isArray(item)) throw new BadListElement("not supported: associative list with lists as elements");
  if (item === null) throw new BadListElement("associative list without keys has an element that's an explicit null");
  if (typeof item === "object") {
    throw new BadListElement("associative list without keys has an element that's a map type");
  }
  return valueElement(item);
}

/** What an object's structure knows of one field. */
export interface FieldEntry {
  readonly element: PathElement;
  /** What the field holds; undefined for one that may not be there. */
  readonly structure: Structure | undefined;
  /** The schema names the field, so that an applied path to something below it does not own it. */
  readonly isDeclared: boolean;
}

/** An object with declared fields, a map of free keys, or both. */
export class MapStructure {
  readonly type = "map";
  readonly atomic: boolean;
  /** The schema of the declared fields. */
  readonly declared: Readonly<Record<string, FieldSchema>>;
  readonly #structures: Structures;
  readonly #values: Shape | undefined;
  readonly #isFree: boolean;
  readonly #fields = new Map<string, FieldEntry>();

  constructor(structures: Structures, declared: Readonly<Record<string, FieldSchema>>, rest: MapRest) {
    this.#structures = structures;
    this.declared = declared;
    this.#values = rest.values;
    this.#isFree = rest.free === true;
    this.atomic = rest.atomic;
  }

  entry(name: string): FieldEntry {
    let entry = this.#fields.get(name);
    if (!entry) {
      if (this.#fields.size >= MAX_CACHED_ELEMENTS) this.#fields.clear();
      const isDeclared = this.declares(name);
      entry = { element: fieldElement(name), structure: this.#structure(name, isDeclared), isDeclared };
      this.#fields.set(name, entry);
    }
    return entry;
  }

  declares(name: string): boolean {
    return Object.hasOwn(this.declared, name);
  }

  /** What a field holds; undefined for one that may not be there. */
  field(name: string): Structure | undefined {
    return this.entry(name).structure;
  }

  /** The default that the schema states for a field, or the zero value of one that is always written. */
  defaultOf(name: string): unknown {
    if (!this.declares(name)) return undefined;
    const { default: stated, keptEmpty, pointer, shape } = this.declared[name]!;
    if (stated !== undefined || !keptEmpty || pointer || shape.type !== "scalar") return stated;
    return scalarZero(shape.scalar);
  }

  #structure(name: string, isDeclared: boolean): Structure | undefined {
    if (isDeclared) return this.#structures.of(this.declared[name]!.shape);
    if (this.#values) return this.#structures.of(this.#values);
    return this.#isFree ? ANY : undefined;
  }
}

/** The fields of free-form objects. */
export const freeEntry = (name: string): FieldEntry => ({
  element: fieldElement(name),
  structure: ANY,
  isDeclared: false,
});

interface MapRest {
  readonly atomic: boolean;
  /** The shape of undeclared fields. */
  readonly values?: Shape;
  /** Undeclared fields may hold anything. */
  readonly free?: boolean;
}

const NO_FIELDS: Readonly<Record<string, FieldSchema>> = Object.freeze({});

/** The structures of one schema registry; each is made on first use. */
export class Structures {
  readonly #registry: SchemaRegistry;
  readonly #named = new Map<string, Structure>();
  readonly #inline = new WeakMap<Shape, Structure>();
  readonly #scalars = new Map<ScalarKind, ScalarStructure>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  of(shape: Shape): Structure {
    if (shape.type === "ref") return this.#ofNamed(shape.name, shape.atomic);
    if (shape.type === "scalar") return this.#ofScalar(shape.scalar);
    let structure = this.#inline.get(shape);
    if (!structure) {
      structure = this.#make(shape);
      this.#inline.set(shape, structure);
    }
    return structure;
  }

  #ofNamed(name: string, atomic: boolean | undefined): Structure {
    const key = atomic === undefined ? name : `${name} ${atomic}`;
    let structure = this.#named.get(key);
    if (!structure) {
      const shape = this.#registry.type(name);
      structure =
        shape.type === "object" && atomic !== undefined && atomic !== (shape.atomic === true)
          ? this.#ofObject({ ...shape, atomic })
          : ATOMIC_ANY_TYPES.has(name)
            ? ATOMIC_ANY
            : this.of(shape);
      this.#named.set(key, structure);
    }
    return structure;
  }

  #ofScalar(scalar: ScalarKind): Structure {
    if (scalar === "any") return ANY;
    let structure = this.#scalars.get(scalar);
    if (!structure) this.#scalars.set(scalar, (structure = { type: "scalar", scalar }));
    return structure;
  }

  #make(shape: Exclude<Shape, { type: "ref" } | { type: "scalar" }>): Structure {
    switch (shape.type) {
      case "list":
        return new ListStructure(this, shape);
      case "map":
        return new MapStructure(this, NO_FIELDS, { atomic: shape.atomic === true, values: shape.values });
      case "object":
        return this.#ofObject(shape);
    }
  }

  #ofObject(shape: ObjectShape): Structure {
    const free = shape.preserveUnknown === true || Object.keys(shape.fields).length === 0;
    return new MapStructure(this, shape.fields, { atomic: shape.atomic === true, free });
  }
}

const structuresOfRegistry = new WeakMap<SchemaRegistry, Structures>();

/** The structure of a shape; made once for each registry. */
export function structureOf(registry: SchemaRegistry, shape: Shape): Structure {
  let structures = structuresOfRegistry.get(registry);
  if (!structures) structuresOfRegistry.set(registry, (structures = new Structures(registry)));
  return structures.of(shape);
}
