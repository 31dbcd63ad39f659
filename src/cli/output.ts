// SPDX-License-Identifier: Apache-2.0

/** Where a command writes. */
export interface Output {
  /** Results: standard output. */
  line(text: string): void;
  json(value: unknown): void;
  /** Progress and remarks: standard error, so that results can be piped. */
  note(text: string): void;
}

export const standardOutput: Output = {
  line: (text) => process.stdout.write(`${text}\n`),
  json: (value) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
};
