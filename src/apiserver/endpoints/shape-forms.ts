// SPDX-License-Identifier: Apache-2.0

import type { Status, StatusError } from "../../apimachinery/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { notAcceptableBecause } from "./media-types.ts";
import type { ListResult, ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";

const FIRST_LABEL = /^[^.]*/;

/** Groups whose package is not called as their name begins. */
const PACKAGES: Readonly<Record<string, string>> = {
  "": "core",
  "events.k8s.io": "core",
  "internal.apiserver.k8s.io": "apiserverinternal",
  "rbac.authorization.k8s.io": "rbac",
};

/** The package in which upstream keeps the types of a group. */
export const packageOf = (group: string): string => PACKAGES[group] ?? FIRST_LABEL.exec(group)![0];

/** How upstream calls a kind's type in messages; custom kinds share one. */
export function goTypeOf({ kind, custom }: ServedKind): string {
  if (custom) return "*unstructured.Unstructured";
  return `*${packageOf(kind.group)}.${kind.kind}`;
}

/** 406 for metadata of one object where there is a list, and the other way round. */
const listAsMetadata = (goType: string): StatusError =>
  notAcceptableBecause(`you requested PartialObjectMetadata, but the requested object is a list (${goType}List)`);

export const objectAsMetadataList = (goType: string): StatusError =>
  notAcceptableBecause(`you requested PartialObjectMetadataList, but the requested object is not a list (${goType})`);

/** Metadata of one object or of a list, as it was asked for: what is the other of the two is refused. */
export class MetadataShape implements ObjectForm {
  readonly key: string;
  readonly contentType: string;
  readonly streamContentType: string;
  readonly watchRefusal?: StatusError;
  readonly #inner: ObjectForm;
  readonly #shape: "metadata" | "metadataList";
  readonly #goType: string;

  constructor(inner: ObjectForm, shape: "metadata" | "metadataList", goType: string) {
    this.#inner = inner;
    this.#shape = shape;
    this.#goType = goType;
    this.key = `${shape}:${inner.key}`;
    this.contentType = inner.contentType;
    this.streamContentType = inner.streamContentType;
    if (inner.watchRefusal) this.watchRefusal = inner.watchRefusal;
  }

  object(entry: CacheEntry): ApiBody {
    if (this.#shape === "metadataList") throw objectAsMetadataList(this.#goType);
    return this.#inner.object(entry);
  }

  list(list: ListResult): ApiBody {
    if (this.#shape === "metadata") throw listAsMetadata(this.#goType);
    return this.#inner.list(list);
  }

  /** An event is no list: upstream sends nothing then. */
  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return this.#shape === "metadataList" ? [] : this.#inner.frame(type, entry);
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    return this.#inner.bookmark(revision, initialEventsEnd);
  }

  error(status: Status): Uint8Array {
    return this.#inner.error(status);
  }
}

/** The form of an answer that cannot be given; whoever asked for it learns so when the verb is done, as upstream has it. */
export class RefusedForm implements ObjectForm {
  readonly key = "refused";
  readonly contentType = "application/json";
  readonly streamContentType = "application/json";
  readonly watchRefusal: StatusError;

  constructor(refusal: StatusError) {
    this.watchRefusal = refusal;
  }

  object(): ApiBody {
    throw this.watchRefusal;
  }

  list(): ApiBody {
    throw this.watchRefusal;
  }

  frame(): readonly Uint8Array[] {
    return [];
  }

  bookmark(): Uint8Array {
    return new Uint8Array();
  }

  error(): Uint8Array {
    return new Uint8Array();
  }
}
