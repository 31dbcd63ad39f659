// SPDX-License-Identifier: Apache-2.0

import type { Status } from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { jsonBookmark, jsonErrorFrame, jsonFrame, listMetadata } from "./json-form.ts";
import { bodyOf, type ListResult, type ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";

const COMMA = Buffer.from(",");
const LIST_START = Buffer.from("[");
const NO_ITEMS = Buffer.from("null}\n");
const LIST_END = Buffer.from("]}\n");
const BRACE_CLOSE = Buffer.from("}");
const OBJECT_END = Buffer.from("}\n");

/** Objects as PartialObjectMetadata in JSON: a slice of the stored bytes in another wrapper. */
export class MetadataForm implements ObjectForm {
  readonly key: string;
  readonly contentType = "application/json";
  readonly streamContentType = "application/json";
  readonly #served: ServedKind;
  readonly #apiVersion: string;
  readonly #start: Buffer;

  constructor(served: ServedKind, metaVersion: string) {
    this.#served = served;
    this.#apiVersion = `meta.k8s.io/${metaVersion}`;
    this.key = `metadata:${metaVersion}:${served.kind.group}/${served.kind.version}`;
    this.#start = Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"${this.#apiVersion}","metadata":`);
  }

  /** The object as bytes of its own. */
  bytes(entry: CacheEntry): Uint8Array {
    return Buffer.concat([this.#start, this.#served.metadataJson(entry), BRACE_CLOSE]);
  }

  object(entry: CacheEntry): ApiBody {
    return { type: "bytes", bytes: Buffer.concat([this.#start, this.#served.metadataJson(entry), OBJECT_END]) };
  }

  list(list: ListResult): ApiBody {
    return bodyOf(this.#pieces(list));
  }

  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return jsonFrame(type, this.bytes(entry));
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    return jsonBookmark({ kind: "PartialObjectMetadata", apiVersion: this.#apiVersion }, revision, initialEventsEnd);
  }

  error(status: Status): Uint8Array {
    return jsonErrorFrame(status);
  }

  *#pieces(list: ListResult): Generator<Uint8Array> {
    yield Buffer.from(
      `{"kind":"PartialObjectMetadataList","apiVersion":"${this.#apiVersion}","metadata":${listMetadata(list)},"items":`,
    );
    let first = true;
    for (const entry of list.entries) {
      yield first ? LIST_START : COMMA;
      first = false;
      yield this.#start;
      yield this.#served.metadataJson(entry);
      yield BRACE_CLOSE;
    }
    // Upstream has no list where there are no items: this one alone is null then.
    yield first ? NO_ITEMS : LIST_END;
  }
}
