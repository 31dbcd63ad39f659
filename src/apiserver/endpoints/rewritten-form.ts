// SPDX-License-Identifier: Apache-2.0

import { formatYaml, parseJson, type Status, type StatusError } from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { CONTENT_TYPES, notAcceptable } from "./media-types.ts";
import type { ListResult, ObjectForm } from "./object-form.ts";

/** Writes JSON anew for people: as YAML, or indented. */
export type Rewrite = (value: unknown) => string;

/** JSON with the indentation that upstream prints. */
export const indentJson: Rewrite = (value) => JSON.stringify(value, rawIntegers, 2);

/** JSON.rawJSON is younger than the language's declared library. */
const rawIntegers = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString()) : value;

export const writeYaml: Rewrite = formatYaml;

/** Another form, read back and written anew: slow, and only for people. */
export class RewrittenForm implements ObjectForm {
  readonly key: string;
  readonly contentType: string;
  readonly streamContentType: string;
  readonly watchRefusal?: StatusError;
  readonly opening?: (chunk: Uint8Array) => Uint8Array;
  readonly #inner: ObjectForm;
  readonly #rewrite: Rewrite;

  constructor(inner: ObjectForm, contentType: string, rewrite: Rewrite) {
    this.#inner = inner;
    this.#rewrite = rewrite;
    this.contentType = contentType;
    this.streamContentType = inner.streamContentType;
    this.key = inner.key;
    if (contentType === CONTENT_TYPES.yaml) this.watchRefusal = notAcceptable(true);
    if (inner.opening) this.opening = (chunk) => inner.opening!(chunk);
  }

  object(entry: CacheEntry): ApiBody {
    return this.#body(this.#inner.object(entry));
  }

  list(list: ListResult): ApiBody {
    return this.#body(this.#inner.list(list));
  }

  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return this.#inner.frame(type, entry);
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    return this.#inner.bookmark(revision, initialEventsEnd);
  }

  error(status: Status): Uint8Array {
    return this.#inner.error(status);
  }

  #body(body: ApiBody): ApiBody {
    return { type: "bytes", bytes: rewriteBytes(wholeBody(body), this.#rewrite) };
  }
}

const rewriteBytes = (json: Uint8Array, rewrite: Rewrite): Uint8Array => Buffer.from(rewrite(parseJson(json)));

/** All bytes of a body that is made synchronously. */
function wholeBody(body: ApiBody): Uint8Array {
  if (body.type === "bytes") return body.bytes;
  if (body.type !== "chunks") return Buffer.alloc(0);
  return Buffer.concat(Array.from(body.chunks as Iterable<Uint8Array>, (chunk) => new Uint8Array(chunk)));
}
