// SPDX-License-Identifier: Apache-2.0

/** How a slow start ended: how often it succeeded, and the first failure. */
export interface SlowStartResult {
  readonly succeeded: number;
  readonly error: unknown;
}

/**
 * Does the same `count` times, in batches that double as long as all succeed: what fails for all fails a few times, not a
 * thousand times.
 */
export async function slowStart(
  count: number,
  action: () => Promise<void>,
  options: { readonly initialBatch: number },
): Promise<SlowStartResult> {
  let remaining = count;
  let succeeded = 0;
  for (let batch = Math.min(remaining, options.initialBatch); batch > 0; batch = Math.min(batch * 2, remaining)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, action));
    const failed = results.find((result) => result.status === "rejected");
    succeeded += results.filter((result) => result.status === "fulfilled").length;
    if (failed) return { succeeded, error: failed.reason };
    remaining -= batch;
  }
  return { succeeded, error: undefined };
}
