// SPDX-License-Identifier: Apache-2.0

import { GOALS } from "./goals.ts";
import type { Figure } from "./measure.ts";

const number = (value: number, digits: number): string =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Three digits that say something, no more. */
const short = (value: number): string => number(value, value < 10 ? 2 : value < 100 ? 1 : 0);

function bytes(value: number): string {
  if (value < 1024 * 1024) return `${number(value / 1024, 1)} KB`;
  return `${number(value / 2 ** 20, 0)} MB`;
}

const optional = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? "" : show(value);

const HEAD = ["", "what", "figure", "server CPU", "client CPU", "p50", "p99", "memory", "floor", "", "goal"];

function rowOf(figure: Figure): string[] {
  const goal = GOALS[figure.id];
  const reached = goal?.reachesFloor({
    value: figure.value,
    serverMicros: figure.serverMicros ?? 0,
    memoryBytes: figure.memoryBytes ?? 0,
  });
  return [
    figure.id,
    figure.what,
    `${short(figure.value)}${figure.unit}`,
    optional(figure.serverMicros, (v) => `${short(v)} µs`),
    optional(figure.clientMicros, (v) => `${short(v)} µs`),
    optional(figure.p50Ms, (v) => `${short(v)} ms`),
    optional(figure.p99Ms, (v) => `${short(v)} ms`),
    optional(figure.memoryBytes, (v) => `${bytes(v)}${figure.memoryOf ? ` ${figure.memoryOf}` : ""}`),
    goal?.floor ?? "",
    reached === undefined ? "" : reached ? "reached" : "MISSED",
    goal?.goal ?? "",
  ];
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The table of a run beside goals and floors. */
export const figuresTable = (figures: readonly Figure[]): string => aligned([HEAD, ...figures.map(rowOf)]);

const ratio = (ours: number | undefined, theirs: number | undefined): string =>
  ours && theirs ? `${short(theirs / ours)}×` : "";

/** Two clusters under the same load: how many times less, or more, the first does. */
export function comparison(
  ours: readonly Figure[],
  theirs: readonly Figure[],
  labels: readonly [string, string],
): string {
  const rows = [["", "figure", labels[0], labels[1], "ratio", "server CPU", labels[0], labels[1], "ratio"]];
  for (const figure of ours) {
    const other = theirs.find((f) => f.id === figure.id);
    if (!other) continue;
    const show = (f: Figure) => `${short(f.value)}${f.unit}`;
    const micros = (f: Figure) => optional(f.serverMicros, (v) => `${short(v)} µs`);
    rows.push([
      figure.id,
      "",
      show(figure),
      show(other),
      ratio(other.value, figure.value),
      "",
      micros(figure),
      micros(other),
      ratio(figure.serverMicros, other.serverMicros),
    ]);
  }
  return aligned(rows);
}
