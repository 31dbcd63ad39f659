// SPDX-License-Identifier: Apache-2.0

/** The number, or nothing for zero: how the API writes counters that are optional. */
export const omitZero = (value: number): number | undefined => (value === 0 ? undefined : value);
