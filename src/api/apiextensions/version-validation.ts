// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field } from "../../apimachinery/index.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
  SelectableField,
} from "../generated/v1.35/apiextensions-v1.ts";
import { checkRequired, type Errors } from "../validation/checks.ts";
import { fieldAt, FieldPathError, type FoundField } from "./field-path.ts";
import { unstructuredReason } from "./structural-schema.ts";

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
const MAX_WARNING_LENGTH = 256;
export const MAX_SELECTABLE_FIELDS = 8;
const SELECTABLE_TYPES = ["string", "boolean", "integer"];
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** The warning about a version that is on its way out. */
export function checkDeprecation(version: CustomResourceDefinitionVersion, path: string, errors: Errors): void {
  const { deprecated = false, deprecationWarning: text } = version;
  if (text === undefined) return;
  const refuse = (message: string): number => errors.push(field.invalid(`${path}.deprecationWarning`, text, message));
  if (!deprecated) {
    refuse("can only be set for deprecated versions");
    return;
  }
  if (byteLength(text) > MAX_WARNING_LENGTH) refuse(`must be <= ${MAX_WARNING_LENGTH} characters long`);
  if (text === "") refuse("must not be an empty string");
  const at = UNPRINTABLE.exec(text);
  if (at)
    refuse(
      `must only contain printable UTF-8 characters; non-printable character found at index ${byteLength(text.slice(0, at.index))}`,
    );
}

function isSimplePath(path: string, at: string, errors: Errors): boolean {
  if (path.startsWith(".")) return true;
  errors.push(field.invalid(at, path, "must be a simple json path starting with ."));
  return false;
}

function checkReplicasPath(
  scale: CustomResourceSubresourceScale,
  name: "specReplicasPath" | "statusReplicasPath",
  root: string,
  path: string,
  errors: Errors,
): void {
  const value = scale[name];
  const at = `${path}.${name}`;
  if (!value) errors.push(field.required(at));
  else if (isSimplePath(value, at, errors) && !value.startsWith(`${root}.`))
    errors.push(field.invalid(at, value, `should be a json path under ${root}`));
}

/** Where the replicas stand. */
export function checkSubresources(
  subresources: CustomResourceSubresources | undefined,
  path: string,
  errors: Errors,
): void {
  const { scale } = subresources ?? {};
  if (!scale) return;
  const at = `${path}.scale`;
  checkReplicasPath(scale, "specReplicasPath", ".spec", at, errors);
  checkReplicasPath(scale, "statusReplicasPath", ".status", at, errors);
  const selector = scale.labelSelectorPath;
  if (!selector || !isSimplePath(selector, `${at}.labelSelectorPath`, errors)) return;
  if (!selector.startsWith(".spec.") && !selector.startsWith(".status."))
    errors.push(
      field.invalid(`${at}.labelSelectorPath`, selector, "should be a json path under either .spec or .status"),
    );
}

function checkColumn(column: CustomResourceColumnDefinition, path: string, errors: Errors): void {
  const { name, type, format, jsonPath } = column;
  const oneOf = (names: readonly string[]): string => `must be one of ${names.join(",")}`;
  checkRequired(name, `${path}.name`, errors);
  if (!type) errors.push(field.required(`${path}.type`, oneOf(COLUMN_TYPES)));
  else if (!COLUMN_TYPES.includes(type)) errors.push(field.invalid(`${path}.type`, type, oneOf(COLUMN_TYPES)));
  if (format && !COLUMN_FORMATS.includes(format))
    errors.push(field.invalid(`${path}.format`, format, oneOf(COLUMN_FORMATS)));
  if (!jsonPath) errors.push(field.required(`${path}.JSONPath`));
  else isSimplePath(jsonPath, `${path}.JSONPath`, errors);
}

/** Columns of the kind's table. */
export function checkColumns(
  columns: readonly CustomResourceColumnDefinition[] | undefined,
  path: string,
  errors: Errors,
): void {
  for (const [i, column] of (columns ?? []).entries()) checkColumn(column, `${path}[${i}]`, errors);
}

function selectableField(
  jsonPath: string,
  schema: JSONSchemaProps | undefined,
  path: string,
  errors: Errors,
): FoundField | undefined {
  try {
    return fieldAt(jsonPath, schema, { brackets: false });
  } catch (error) {
    if (!(error instanceof FieldPathError)) throw error;
    errors.push(field.invalid(path, jsonPath, `is an invalid path: ${error.message}`));
    return undefined;
  }
}

function checkSelectable(found: FoundField, jsonPath: string, path: string, errors: Errors): void {
  if (found.names[0] === "metadata") errors.push(field.invalid(path, jsonPath, "must not point to fields in metadata"));
  if (!SELECTABLE_TYPES.includes(found.schema?.type ?? ""))
    errors.push(
      field.invalid(
        path,
        jsonPath,
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
      ),
    );
}

/** Fields by which objects can be selected; `tooMany`: there were too many of them before. */
export function checkSelectableFields(
  fields: readonly SelectableField[] | undefined,
  schema: JSONSchemaProps | undefined,
  tooMany: boolean,
  path: string,
  errors: Errors,
): void {
  if (!fields?.length) return;
  if (!schema) {
    errors.push(field.invalid(path, "", "may only be set when `version.schema.openAPIV3Schema` is not included"));
    return;
  }
  const reason = unstructuredReason(schema);
  if (reason) errors.push(field.invalid(path.replace(/selectableFields$/, "schema.openAPIV3Schema"), "", reason));
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = `${path}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(field.required(at));
      continue;
    }
    const found = selectableField(jsonPath, reason ? undefined : schema, at, errors);
    if (!found) continue;
    checkSelectable(found, jsonPath, at, errors);
    const key = found.names.join(".");
    if (seen.has(key)) errors.push(field.duplicate(at, jsonPath));
    seen.add(key);
  }
  if (seen.size > MAX_SELECTABLE_FIELDS && !tooMany) errors.push(field.tooMany(path, seen.size, MAX_SELECTABLE_FIELDS));
}
