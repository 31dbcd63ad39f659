// SPDX-License-Identifier: Apache-2.0

import type { Column, ColumnContext, Kind } from "../../api/index.ts";
import { defaultColumns } from "../../api/index.ts";
import { type DeepReadonly, encodeJson, type KubeObject, translateTimestampSince } from "../../apimachinery/index.ts";

/** What stands in a cached row for an age: the time it is counted from, between two characters that no cell has. */
const MARK_START = "\u0001";
const MARK_END = "\u0002";
const ESCAPED_MARK = /\\u0001([^\\]*)\\u0002/;

/** Columns put marks where ages belong: a row is kept, its ages are not. */
const MARKING: ColumnContext = { age: (timestamp) => `${MARK_START}${timestamp ?? ""}${MARK_END}` };

/** A row's JSON without its object, cut at the ages: text, timestamp, text, timestamp, …, text. */
export type RowTemplate = readonly string[];

export const columnsOf = (kind: Kind): readonly Column[] => kind.columns ?? defaultColumns;

/** Columns as a Table defines them. */
export const definitionsOf = (columns: readonly Column[]): object[] =>
  columns
    .filter(({ undeclared }) => !undeclared)
    .map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? "",
      description,
      priority: priority ?? 0,
    }));

/** The definitions of a kind's columns, as JSON. */
export const columnDefinitions = (kind: Kind): string => encodeJson(definitionsOf(columnsOf(kind)));

/** Makes the row of one object; done once for each revision. */
export function rowTemplate(kind: Kind, object: DeepReadonly<KubeObject>): RowTemplate {
  const source = object as KubeObject;
  const cells = columnsOf(kind).map((column) => column.cell(source, MARKING) ?? null);
  const conditions = kind.rowConditions?.(source);
  const text = conditions?.length
    ? `{"cells":${encodeJson(cells)},"conditions":${encodeJson(conditions)},`
    : `{"cells":${encodeJson(cells)},`;
  return text.split(ESCAPED_MARK);
}

/** What a template takes in memory, roughly. */
export function rowTemplateBytes(template: RowTemplate): number {
  let bytes = 0;
  for (const text of template) bytes += text.length + STRING_OVERHEAD_BYTES;
  return bytes;
}

const STRING_OVERHEAD_BYTES = 24;

/** The row's JSON with ages as of now, open for its object. */
export function renderRow(template: RowTemplate, nowMs: number): string {
  let text = template[0]!;
  for (let i = 1; i < template.length; i += 2) {
    text += translateTimestampSince(template[i], nowMs) + template[i + 1]!;
  }
  return text;
}
