// SPDX-License-Identifier: Apache-2.0

const BASE_MS = 10_000;
const MAX_MS = 10 * 60_000;

/** When a pod ended, and how. */
export interface Ending {
  readonly atMs: number;
  readonly failed: boolean;
}

/** Failures in a row since the last success. */
export interface BackoffRecord {
  readonly failures: number;
  readonly lastFailureMs: number;
}

export const NO_FAILURES: BackoffRecord = { failures: 0, lastFailureMs: 0 };

/** The record after pods have ended, in the order of their times. */
export function recordEndings(record: BackoffRecord, endings: readonly Ending[]): BackoffRecord {
  let next = record;
  for (const { atMs, failed } of [...endings].sort((a, b) => a.atMs - b.atMs)) {
    next = failed ? { failures: next.failures + 1, lastFailureMs: atMs } : NO_FAILURES;
  }
  return next;
}

/** How long to wait before the next pod is made: 10 s after the first failure, twice as long after each further one. */
export function backoffLeftMs({ failures, lastFailureMs }: BackoffRecord, nowMs: number): number {
  if (failures === 0) return 0;
  const waitMs = Math.min(BASE_MS * 2 ** (failures - 1), MAX_MS);
  return Math.max(0, lastFailureMs + waitMs - nowMs);
}
