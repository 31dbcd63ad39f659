// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { encodeJson, type ObjectCodec, objectCodec } from "../../apimachinery/index.ts";
import { CacheEntry } from "../cache/index.ts";
import { encodeText, type GenericResourceStore, kindPrefix, type KindRegistration } from "../registry/index.ts";
import type { Written } from "../resource-store.ts";

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const METADATA_LABEL = '"metadata":';

/** The index after the object that opens at `start`. */
function endOfObject(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === BRACE_OPEN) depth++;
    else if (byte === BRACE_CLOSE && --depth === 0) return i + 1;
  }
  return bytes.length;
}

export const byteLength = (bytes: Uint8Array): number => bytes.length;

/** A kind in one version as the endpoints serve it: where its bytes are what is sent, and where they are converted. */
export class ServedKind {
  readonly store: GenericResourceStore;
  readonly kind: Kind;
  readonly codec: ObjectCodec;
  readonly custom: boolean;
  readonly schemas: KindRegistration["schemas"];
  readonly #prefixLength: number;
  readonly #jsonForm: string;

  constructor(registration: KindRegistration, store: GenericResourceStore) {
    this.store = store;
    this.kind = registration.kind;
    this.custom = registration.custom ?? false;
    this.schemas = registration.schemas;
    this.codec = objectCodec(registration.schemas, registration.kind.type);
    this.#jsonForm = `json:${registration.kind.group}/${registration.kind.version}`;
    this.#prefixLength = Buffer.byteLength(kindPrefix(registration.kind));
  }

  /** The whole object as JSON in this version: what is stored, or a conversion that is made once. */
  json(entry: CacheEntry): Uint8Array {
    if (!this.kind.storage) return entry.bytes;
    return entry.form(this.#jsonForm, () => this.#convert(entry), byteLength);
  }

  /** Where, in json(), the fields after kind and apiVersion begin. */
  get bodyOffset(): number {
    return this.#prefixLength;
  }

  /** metadata alone, as JSON: a slice. */
  metadataJson(entry: CacheEntry): Uint8Array {
    const json = this.json(entry);
    const start = this.#prefixLength + METADATA_LABEL.length;
    return json.subarray(start, endOfObject(json, start));
  }

  /** What a write left behind, in the form that reads have. */
  entryOf(written: Written, namespace: string): CacheEntry {
    const { cache } = this.store.storage;
    const key = this.store.storage.cacheKey(namespace, written.object.metadata.name ?? "");
    const cached = cache.get(key);
    if (cached && cached.bytes === written.bytes) return cached;
    return new CacheEntry(cache, key, written.bytes, written.revision, true);
  }

  #convert(entry: CacheEntry): Uint8Array {
    const object = this.store.storage.passingObjectOf(entry);
    const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
    const text = encodeJson({ metadata, ...rest });
    return encodeText(kindPrefix(this.kind) + text.slice(1));
  }
}
