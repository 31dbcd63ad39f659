// SPDX-License-Identifier: Apache-2.0

import {
  fieldError as field,
  type ObjectMeta,
  sentEmpty,
  validateAnnotations,
  validateLabels,
} from "../../apimachinery/index.ts";
import type { Errors } from "../validation/checks.ts";

/** What the metadata of a claim's template may not hold, in the order in which upstream looks at it. */
const NOT_ALLOWED = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const;

/** Upstream makes the path from the Go field: only its first letter is lowered. */
const goFieldPath = (jsonName: string): string => (jsonName === "uid" ? "uID" : jsonName);

/** The metadata of a template of claims: labels and annotations only. */
export function checkTemplateMetadata(metadata: ObjectMeta | undefined, path: string, errors: Errors): void {
  if (!metadata) return;
  errors.push(
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
    ...validateLabels(metadata.labels, `${path}.labels`),
  );
  const fields: Readonly<Record<string, unknown>> = { ...metadata };
  for (const name of NOT_ALLOWED) {
    const value = fields[name];
    if ((value !== undefined && value !== null) || sentEmpty(metadata, name))
      errors.push(field.fieldForbidden(`${path}.${goFieldPath(name)}`, "cannot be set"));
  }
}
