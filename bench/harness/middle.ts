// SPDX-License-Identifier: Apache-2.0

/** The value in the middle when they are in order. */
export const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
