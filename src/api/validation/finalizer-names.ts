// SPDX-License-Identifier: Apache-2.0

import { type FieldError, fieldError, type ObjectMeta } from "../../apimachinery/index.ts";

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(["kubernetes", "orphan", "foregroundDeletion"]);
const UNQUALIFIED = "name is neither a standard finalizer name nor is it fully qualified";
const NONE: readonly FieldError[] = [];

/** A finalizer without a domain must be one of Kubernetes' own. */
export function finalizerNameErrors({ finalizers }: Pick<ObjectMeta, "finalizers">): readonly FieldError[] {
  if (!finalizers?.length) return NONE;
  return finalizers.flatMap((name, i) =>
    name.includes("/") || STANDARD_FINALIZERS.has(name)
      ? []
      : [fieldError.invalid(`metadata.finalizers[${i}]`, name, UNQUALIFIED)],
  );
}
