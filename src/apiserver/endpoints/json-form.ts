// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, encodeJson, type KubeObject, type Status } from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { apiVersionOf } from "../registry/index.ts";
import { bodyOf, type ListResult, type ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";

export const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

const LINE_END = 0x0a;
const COMMA = Buffer.from(",");
const LIST_END = Buffer.from("]}\n");
const ITEM_START = Buffer.from("{");
const NEXT_ITEM_START = Buffer.from(",{");
const FRAME_END = Buffer.from("}\n");
const FRAME_STARTS: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** The frame of one event around an object's JSON. */
export const jsonFrame = (type: WatchEventType, object: Uint8Array): readonly Uint8Array[] => [
  FRAME_STARTS[type],
  object,
  FRAME_END,
];

export function jsonBookmark(
  identity: { readonly kind: string; readonly apiVersion: string },
  revision: number,
  initialEventsEnd: boolean,
): Uint8Array {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd ? { annotations: { [INITIAL_EVENTS_END]: "true" } } : {}),
  };
  return Buffer.from(`${JSON.stringify({ type: "BOOKMARK", object: { ...identity, metadata } })}\n`);
}

export const jsonErrorFrame = (status: Status): Uint8Array =>
  Buffer.from(`${JSON.stringify({ type: "ERROR", object: status })}\n`);

/** The object as an answer of its own: ended by a line end, as upstream's encoder does. */
function withLineEnd(json: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(json.length + 1);
  bytes.set(json);
  bytes[json.length] = LINE_END;
  return bytes;
}

/** metadata of a list, as JSON. */
export const listMetadata = (list: ListResult): string =>
  JSON.stringify({
    resourceVersion: list.revision,
    continue: list.continueToken,
    remainingItemCount: list.remaining,
  });

/** Whole objects as JSON: the stored bytes themselves. */
export class JsonForm implements ObjectForm {
  readonly key: string;
  readonly contentType = "application/json";
  readonly streamContentType = "application/json";
  readonly shared?: (entry: CacheEntry) => DeepReadonly<KubeObject>;
  readonly #served: ServedKind;
  readonly #identity: { readonly kind: string; readonly apiVersion: string };

  constructor(served: ServedKind) {
    this.#served = served;
    // Where objects are kept in another version, the one that is sent is made of bytes.
    if (!served.kind.storage) this.shared = (entry) => entry.object;
    this.key = `json:${served.kind.group}/${served.kind.version}`;
    this.#identity = { kind: served.kind.kind, apiVersion: apiVersionOf(served.kind) };
  }

  object(entry: CacheEntry): ApiBody {
    return { type: "bytes", bytes: withLineEnd(this.#served.json(entry)) };
  }

  list(list: ListResult): ApiBody {
    return bodyOf(this.#pieces(list));
  }

  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return jsonFrame(type, this.#served.json(entry));
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    return jsonBookmark(this.#identity, revision, initialEventsEnd);
  }

  error(status: Status): Uint8Array {
    return jsonErrorFrame(status);
  }

  /** Items of built-in kinds leave out their kind and apiVersion, those of custom kinds carry them. */
  *#pieces(list: ListResult): Generator<Uint8Array> {
    const served = this.#served;
    const { kind, apiVersion } = this.#identity;
    yield Buffer.from(
      `{"kind":${encodeJson(`${kind}List`)},"apiVersion":${encodeJson(apiVersion)},"metadata":${listMetadata(list)},"items":[`,
    );
    let first = true;
    for (const entry of list.entries) {
      const json = served.json(entry);
      if (served.custom) {
        if (!first) yield COMMA;
        yield json;
      } else {
        yield first ? ITEM_START : NEXT_ITEM_START;
        yield json.subarray(served.bodyOffset);
      }
      first = false;
    }
    yield LIST_END;
  }
}
