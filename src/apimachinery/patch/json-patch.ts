// SPDX-License-Identifier: Apache-2.0

/** More operations than this in one JSON patch are refused with 413. */
export const MAX_JSON_PATCH_OPERATIONS = 10_000;

/** Applies an RFC 6902 patch; returns a new document and leaves `document` as it is. Throws StatusError. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  throw new Error(`not yet: ${typeof document} ${typeof patch}`);
}
