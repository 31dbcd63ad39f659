// SPDX-License-Identifier: Apache-2.0

import type { LogOptions } from "../../kubelet/index.ts";

const SPACE = 0x20;
const PARTIAL = 0x50;
const NEWLINE = Buffer.from("\n");
const FRACTION_DIGITS = 9;

/** `2026-11-24T07:30:00.123456789Z` with all nine digits, as clients get it. */
function fixedTime(text: string): string {
  const found = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!found) return text;
  return `${found[1]}.${(found[2] ?? "").padEnd(FRACTION_DIGITS, "0").slice(0, FRACTION_DIGITS)}${found[3]}`;
}

/** Turns lines of CRI logs into what clients read. */
export class LogLines {
  readonly #options: LogOptions;
  #remaining: number;
  #atLineStart = true;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#remaining = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Whether as many bytes were given as were asked for. */
  get exhausted(): boolean {
    return this.#remaining <= 0;
  }

  /** The output of one line (without its newline); undefined when it is not wanted. */
  convert(line: Buffer): Buffer | undefined {
    const timeEnd = line.indexOf(SPACE);
    const streamEnd = timeEnd < 0 ? -1 : line.indexOf(SPACE, timeEnd + 1);
    const tagEnd = streamEnd < 0 ? -1 : line.indexOf(SPACE, streamEnd + 1);
    if (tagEnd < 0) return undefined;
    const time = line.toString("latin1", 0, timeEnd);
    if (this.#options.stream && line.toString("latin1", timeEnd + 1, streamEnd) !== this.#options.stream)
      return undefined;
    if (this.#options.sinceMs !== undefined && Date.parse(time) < this.#options.sinceMs) return undefined;
    const partial = line[streamEnd + 1] === PARTIAL;
    const content = line.subarray(tagEnd + 1);
    const prefix = this.#options.timestamps && this.#atLineStart ? Buffer.from(`${fixedTime(time)} `) : undefined;
    this.#atLineStart = !partial;
    const whole = Buffer.concat([...(prefix ? [prefix] : []), content, ...(partial ? [] : [NEWLINE])]);
    const cut = whole.length > this.#remaining ? whole.subarray(0, this.#remaining) : whole;
    this.#remaining -= cut.length;
    return cut;
  }
}
