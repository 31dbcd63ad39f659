// SPDX-License-Identifier: Apache-2.0

const PERCENT = /^(\d+)%$/;

/** An integer, or a percentage of `total` rounded up or down; undefined when it is neither. */
export function scaledValue(value: number | string, total: number, roundUp: boolean): number | undefined {
  if (typeof value === "number") return value;
  const match = PERCENT.exec(value);
  if (!match) return undefined;
  const scaled = (Number(match[1]) * total) / 100;
  return roundUp ? Math.ceil(scaled) : Math.floor(scaled);
}
