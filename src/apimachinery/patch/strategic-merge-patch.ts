// SPDX-License-Identifier: Apache-2.0

import type { SchemaRegistry, Shape } from "../schema.ts";

/** Applies a strategic merge patch; returns a new document and leaves `document` as it is. Throws StatusError. */
export function applyStrategicMergePatch(
  document: unknown,
  patch: unknown,
  shape: Shape,
  registry: SchemaRegistry,
): unknown {
  throw new Error(`not yet: ${typeof document} ${typeof patch} ${shape.type} ${typeof registry}`);
}
