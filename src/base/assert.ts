// SPDX-License-Identifier: Apache-2.0

/** Thrown when an invariant does not hold: a bug in Knarr, never a user's mistake. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops a part whose invariant is broken; stays on in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable value: ${JSON.stringify(value)}`);
}
