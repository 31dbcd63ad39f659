// SPDX-License-Identifier: Apache-2.0

import {
  encodeProtobufEnvelope,
  encodeProtobufMessage,
  encodeProtobufWatchEvent,
  type KubeObject,
  type Status,
} from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { apiVersionOf } from "../registry/index.ts";
import { INITIAL_EVENTS_END } from "./json-form.ts";
import { bodyOf, type ListResult, type ObjectForm } from "./object-form.ts";
import { byteLength, type ServedKind } from "./served-kind.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Fields of runtime.Unknown around a list that is written in pieces. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0]);
const TYPE_META_FIELD = 0x0a;
const RAW_FIELD = 0x12;
const UNKNOWN_END = Buffer.from([0x1a, 0, 0x22, 0]);
/** Fields 1 and 2 of every list message. */
const LIST_META_FIELD = 0x0a;
const ITEM_FIELD = 0x12;
/** Field 1 of PartialObjectMetadata. */
const METADATA_FIELD = 0x0a;

/** Encoding so many large objects takes some milliseconds. */
const ENCODED_AT_ONCE = 64;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

const fieldStart = (tag: number, length: number): Buffer => Buffer.from([tag, ...varint(length)]);

const stringField = (tag: number, text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([fieldStart(tag, bytes.length), bytes]);
};

/** What is encoded of each object: all of it, or its metadata. */
export interface ProtobufShape {
  readonly key: string;
  readonly kind: string;
  readonly apiVersion: string;
  message(entry: CacheEntry): Uint8Array;
  emptyMessage(metadata: KubeObject["metadata"]): Uint8Array;
}

/** Whole objects of a kind. */
export function wholeObjects(served: ServedKind): ProtobufShape {
  const { kind, schemas, store } = served;
  return {
    key: `protobuf:${kind.group}/${kind.version}`,
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    message: (entry) => encodeProtobufMessage(schemas, kind.type, store.storage.passingObjectOf(entry)),
    emptyMessage: (metadata) => encodeProtobufMessage(schemas, kind.type, { metadata }),
  };
}

/** PartialObjectMetadata of a kind. */
export function metadataAlone(served: ServedKind, metaVersion: string): ProtobufShape {
  const { kind, schemas, store } = served;
  const wrap = (metadata: object): Uint8Array => {
    const message = encodeProtobufMessage(schemas, `${META}.ObjectMeta`, metadata);
    return Buffer.concat([fieldStart(METADATA_FIELD, message.length), message]);
  };
  return {
    key: `protobuf-metadata:${metaVersion}:${kind.group}/${kind.version}`,
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${metaVersion}`,
    message: (entry) => wrap(store.storage.passingObjectOf(entry).metadata),
    emptyMessage: wrap,
  };
}

/** Objects in protobuf; each is encoded on first need, once for its revision, and shared. */
export class ProtobufForm implements ObjectForm {
  readonly key: string;
  readonly contentType = "application/vnd.kubernetes.protobuf";
  readonly streamContentType = "application/vnd.kubernetes.protobuf;stream=watch";
  readonly #served: ServedKind;
  readonly #shape: ProtobufShape;
  readonly #lengthKey: string;

  constructor(served: ServedKind, shape: ProtobufShape) {
    this.#served = served;
    this.#shape = shape;
    this.key = shape.key;
    this.#lengthKey = `${shape.key}:length`;
  }

  object(entry: CacheEntry): ApiBody {
    return { type: "bytes", bytes: this.#envelope(this.#message(entry)) };
  }

  /** The length of a list stands before its items: all are encoded before the first byte is sent. */
  async prepare(list: ListResult, pause: () => Promise<void>): Promise<ListResult> {
    const entries = [...list.entries];
    let encoded = 0;
    const encode = (entry: CacheEntry): number => {
      encoded++;
      return this.#message(entry).length;
    };
    for (const entry of entries) {
      this.#lengthOf(entry, encode);
      if (encoded < ENCODED_AT_ONCE) continue;
      encoded = 0;
      await pause();
    }
    return { ...list, entries };
  }

  list(list: ListResult): ApiBody {
    // They are looked at twice.
    return bodyOf(this.#pieces({ ...list, entries: [...list.entries] }));
  }

  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return [encodeProtobufWatchEvent(type, this.#envelope(this.#message(entry)))];
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const annotations = initialEventsEnd ? { [INITIAL_EVENTS_END]: "true" } : undefined;
    const message = this.#shape.emptyMessage({ resourceVersion: String(revision), annotations });
    return encodeProtobufWatchEvent("BOOKMARK", this.#envelope(message));
  }

  error(status: Status): Uint8Array {
    const raw = encodeProtobufMessage(this.#served.schemas, `${META}.Status`, status);
    return encodeProtobufWatchEvent("ERROR", encodeProtobufEnvelope({ apiVersion: "v1", kind: "Status", raw }));
  }

  #message(entry: CacheEntry): Uint8Array {
    return entry.form(this.key, this.#shape.message, byteLength);
  }

  /** Kept even where the message itself finds no room. */
  #lengthOf(entry: CacheEntry, encode = (of: CacheEntry) => this.#message(of).length): number {
    return entry.form(this.#lengthKey, encode, () => 0);
  }

  #envelope(raw: Uint8Array): Uint8Array {
    return encodeProtobufEnvelope({ apiVersion: this.#shape.apiVersion, kind: this.#shape.kind, raw });
  }

  *#pieces(list: ListResult): Generator<Uint8Array> {
    const listMeta = encodeProtobufMessage(this.#served.schemas, `${META}.ListMeta`, {
      resourceVersion: list.revision,
      continue: list.continueToken,
      remainingItemCount: list.remaining,
    });
    const head = fieldStart(LIST_META_FIELD, listMeta.length);
    let length = head.length + listMeta.length;
    for (const entry of list.entries) {
      const itemLength = this.#lengthOf(entry);
      length += 1 + varint(itemLength).length + itemLength;
    }
    const typeMeta = Buffer.concat([
      stringField(0x0a, this.#shape.apiVersion),
      stringField(0x12, `${this.#shape.kind}List`),
    ]);
    yield Buffer.concat([MAGIC, fieldStart(TYPE_META_FIELD, typeMeta.length), typeMeta, fieldStart(RAW_FIELD, length)]);
    yield Buffer.concat([head, listMeta]);
    for (const entry of list.entries) {
      const message = this.#message(entry);
      yield fieldStart(ITEM_FIELD, message.length);
      yield message;
    }
    yield UNKNOWN_END;
  }
}
