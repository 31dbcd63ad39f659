// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, KubeObject } from "../../apimachinery/index.ts";

/** A selectable field and how it is read from an object in its stored version. */
export interface FieldColumn {
  readonly label: string;
  read(object: KubeObject): string;
}

/** What a cache knows of all its entries: how to parse them, and what to extract. */
export interface EntryReader {
  /** `keep`: somebody is likely to ask for the object again. */
  parse(entry: CacheEntry, keep: boolean): DeepReadonly<KubeObject>;
  readonly fields: readonly FieldColumn[];
  readonly formBudget: FormBudget;
}

/** Bytes that derived forms of all objects may take together. */
const MAX_FORM_BYTES = 96 * 2 ** 20;

/** Counts what derived forms take; what does not fit any more is made anew for each reader. */
export class FormBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number = MAX_FORM_BYTES) {
    this.#limit = limit;
  }

  /** Whether there is room; takes it if so. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limit) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});
const NO_FIELDS: readonly string[] = [];

/**
 * One object in one revision: its bytes as stored, and columns that are extracted once, when somebody first asks or when
 * the parsed object is at hand. Other forms (protobuf, table row, another version) are made on first need and shared.
 */
export class CacheEntry {
  /** `namespace/name`, or `name` of a cluster-scoped object. */
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly revision: number;
  /** Made from another entry of the key: another object may have the same revision. */
  readonly derived: boolean;
  readonly #reader: EntryReader;
  #labels: Readonly<Record<string, string>> | undefined;
  #fields: readonly string[] | undefined;
  #forms: Map<string, unknown> | undefined;
  #formBytes = 0;
  #retired = false;

  constructor(reader: EntryReader, key: string, bytes: Uint8Array, revision: number, derived = false) {
    this.derived = derived;
    this.#reader = reader;
    this.key = key;
    this.bytes = bytes;
    this.revision = revision;
  }

  get namespace(): string {
    const slash = this.key.indexOf("/");
    return slash < 0 ? "" : this.key.slice(0, slash);
  }

  get name(): string {
    return this.key.slice(this.key.indexOf("/") + 1);
  }

  /** The parsed object, from a bounded cache; never to be changed. */
  get object(): DeepReadonly<KubeObject> {
    return this.#reader.parse(this, true);
  }

  /** The parsed object for one look: walking over many does not push out of the cache what changes often. */
  get passingObject(): DeepReadonly<KubeObject> {
    return this.#reader.parse(this, false);
  }

  get labels(): Readonly<Record<string, string>> {
    if (this.#labels === undefined) this.extract(this.passingObject);
    return this.#labels!;
  }

  /** The selectable fields, in the order of the cache's columns. */
  get fields(): readonly string[] {
    if (this.#fields === undefined) this.extract(this.passingObject);
    return this.#fields!;
  }

  /** Whether the columns are there, or somebody would have to parse the object for them. */
  get extracted(): boolean {
    return this.#labels !== undefined;
  }

  /** Fills the columns from the parsed object, so that it need not be parsed again. */
  extract(object: DeepReadonly<KubeObject>): void {
    const source = object as KubeObject;
    this.#labels = source.metadata.labels ?? NO_LABELS;
    const { fields } = this.#reader;
    this.#fields = fields.length === 0 ? NO_FIELDS : fields.map((field) => intern(field.read(source)));
  }

  /** The same object with other bytes (a deletion's revision spliced in): the columns are the same. */
  withBytes(bytes: Uint8Array, revision: number): CacheEntry {
    const copy = new CacheEntry(this.#reader, this.key, bytes, revision, true);
    copy.#labels = this.#labels;
    copy.#fields = this.#fields;
    return copy;
  }

  /** A derived form, made once by `make` and kept while there is room; `name` tells forms apart. */
  form<T>(name: string, make: (entry: CacheEntry) => T, sizeOf: (made: T) => number): T {
    const known = this.#forms?.get(name);
    if (known !== undefined) return known as T;
    const made = make(this);
    if (this.derived || this.#retired) return made;
    const bytes = sizeOf(made) + FORM_OVERHEAD_BYTES;
    if (!this.#reader.formBudget.take(bytes)) return made;
    this.#formBytes += bytes;
    (this.#forms ??= new Map()).set(name, made);
    return made;
  }

  /** The object has another revision now: forms of this one are not kept any more. */
  retire(): void {
    this.#retired = true;
    if (this.#forms === undefined) return;
    this.#reader.formBudget.giveBack(this.#formBytes);
    this.#formBytes = 0;
    this.#forms = undefined;
  }
}

/** What a form costs beside its own bytes: its buffer's and its map's bookkeeping. */
const FORM_OVERHEAD_BYTES = 256;

/** Distinct field values that are kept once; beyond, the table starts anew. */
const MAX_INTERNED = 65_536;
const interned = new Map<string, string>();

/** Field values repeat a thousandfold (node names, phases): keep one string of each. */
function intern(value: string): string {
  const known = interned.get(value);
  if (known !== undefined) return known;
  if (interned.size >= MAX_INTERNED) interned.clear();
  interned.set(value, value);
  return value;
}
