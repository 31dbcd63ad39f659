// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, type Status, type StatusError } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiBody } from "../../client/transport.ts";
import type { CacheEntry, WatchEventType } from "../cache/index.ts";
import { INITIAL_EVENTS_END, jsonErrorFrame, jsonFrame, listMetadata } from "./json-form.ts";
import { MetadataForm } from "./metadata-form.ts";
import { bodyOf, type ListResult, type ObjectForm } from "./object-form.ts";
import type { ServedKind } from "./served-kind.ts";
import { columnDefinitions, renderRow, rowTemplate, rowTemplateBytes } from "./table-row.ts";

/** What of an object goes into its row. */
export type IncludeObject = "None" | "Metadata" | "Object";

const COMMA = Buffer.from(",");
const TABLE_END = Buffer.from("]}\n");
const ROWS_END = Buffer.from("]}");
const ROW_END = Buffer.from("}");
const NO_OBJECT = Buffer.from("null");
const NO_COLUMNS = "null";
const NO_COLUMNS_FIELD = `"columnDefinitions":${NO_COLUMNS}`;

/** Reads includeObject; what answers a policy that there is not: upstream finds out when the verb is done. */
export function readIncludeObject(query: URLSearchParams): IncludeObject | StatusError {
  const text = query.get("includeObject") ?? "";
  if (text === "") return "Metadata";
  if (text === "None" || text === "Metadata" || text === "Object") return text;
  const { body } = fieldError.invalid("includeObject", text, "must be 'Metadata', 'Object', 'None', or empty");
  return badRequest(`Unable to convert to Table as requested: includeObject: ${body}`);
}

/** Objects as rows of a Table: cells are made once for each revision, ages rendered for each request. */
export class TableForm implements ObjectForm {
  readonly key: string;
  readonly contentType = "application/json";
  readonly streamContentType = "application/json";
  readonly #served: ServedKind;
  readonly #clock: Clock;
  readonly #include: IncludeObject;
  readonly #metadata: MetadataForm;
  readonly #rowForm: string;
  readonly #apiVersion: string;
  #columnText: string | undefined;

  constructor(
    served: ServedKind,
    options: { readonly metaVersion: string; readonly include: IncludeObject; readonly clock: Clock },
  ) {
    this.#served = served;
    this.#clock = options.clock;
    this.#include = options.include;
    this.#metadata = new MetadataForm(served, options.metaVersion);
    this.#rowForm = `row:${served.kind.group}/${served.kind.version}`;
    this.#apiVersion = `meta.k8s.io/${options.metaVersion}`;
    this.key = `table:${options.metaVersion}:${options.include}:${served.kind.group}/${served.kind.version}`;
  }

  object(entry: CacheEntry): ApiBody {
    return { type: "bytes", bytes: this.#tableOf(entry, this.#columns, TABLE_END) };
  }

  list(list: ListResult): ApiBody {
    return bodyOf(this.#pieces(list));
  }

  frame(type: WatchEventType, entry: CacheEntry): readonly Uint8Array[] {
    return jsonFrame(type, this.#tableOf(entry, NO_COLUMNS, ROWS_END));
  }

  /** The first event of a watch alone says what the columns are. */
  opening(chunk: Uint8Array): Uint8Array {
    const at = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).indexOf(NO_COLUMNS_FIELD);
    if (at < 0) return chunk;
    const columns = Buffer.from(`"columnDefinitions":${this.#columns}`);
    return Buffer.concat([chunk.subarray(0, at), columns, chunk.subarray(at + NO_COLUMNS_FIELD.length)]);
  }

  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array {
    const metadata = {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { [INITIAL_EVENTS_END]: "true" } } : {}),
    };
    const row = `{"cells":[],"object":${JSON.stringify({ kind: "PartialObjectMetadata", apiVersion: this.#apiVersion, metadata })}}`;
    const head = this.#head(JSON.stringify({ resourceVersion: String(revision) }), NO_COLUMNS);
    return Buffer.from(`{"type":"BOOKMARK","object":${head}${row}]}}\n`);
  }

  error(status: Status): Uint8Array {
    return jsonErrorFrame(status);
  }

  get #columns(): string {
    return (this.#columnText ??= columnDefinitions(this.#served.kind));
  }

  #head(metadata: string, columns: string): string {
    return `{"kind":"Table","apiVersion":"${this.#apiVersion}","metadata":${metadata},"columnDefinitions":${columns},"rows":[`;
  }

  #tableOf(entry: CacheEntry, columns: string, end: Uint8Array): Uint8Array {
    const head = this.#head(entry.revision > 0 ? `{"resourceVersion":"${entry.revision}"}` : "{}", columns);
    return Buffer.concat([Buffer.from(head), ...this.#row(entry, this.#clock.nowMs()), end]);
  }

  *#row(entry: CacheEntry, nowMs: number): Generator<Uint8Array> {
    const { kind, store } = this.#served;
    const template = entry.form(
      this.#rowForm,
      () => rowTemplate(kind, store.storage.passingObjectOf(entry)),
      rowTemplateBytes,
    );
    yield Buffer.from(`${renderRow(template, nowMs)}"object":`);
    if (this.#include === "None") yield NO_OBJECT;
    else yield this.#include === "Object" ? this.#served.json(entry) : this.#metadata.bytes(entry);
    yield ROW_END;
  }

  *#pieces(list: ListResult): Generator<Uint8Array> {
    yield Buffer.from(this.#head(listMetadata(list), this.#columns));
    const nowMs = this.#clock.nowMs();
    let first = true;
    for (const entry of list.entries) {
      if (!first) yield COMMA;
      first = false;
      yield* this.#row(entry, nowMs);
    }
    yield TABLE_END;
  }
}
