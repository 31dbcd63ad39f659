// SPDX-License-Identifier: Apache-2.0

/** Applies an RFC 7386 merge patch; returns a new document and leaves `document` as it is. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  throw new Error(`not yet: ${typeof document} ${typeof patch}`);
}
