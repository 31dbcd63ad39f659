// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { CustomResourceValidation, JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { validateDefaults } from "./default-values.ts";
import { internalSchema, setFieldsOf } from "./internal-schema.ts";
import { type SchemaStrictness, validateOpenApiSchema } from "./open-api-schema.ts";
import { unstructuredReason, validateStructural } from "./structural-schema.ts";

/** Fields that a root schema may have while the status within it is validated apart. */
const ROOT_FIELDS = [
  "Description",
  "Type",
  "Format",
  "Title",
  "Maximum",
  "ExclusiveMaximum",
  "Minimum",
  "ExclusiveMinimum",
  "MaxLength",
  "MinLength",
  "Pattern",
  "MaxItems",
  "MinItems",
  "UniqueItems",
  "MultipleOf",
  "Required",
  "Items",
  "Properties",
  "ExternalDocs",
  "Example",
  "XPreserveUnknownFields",
  "XValidations",
];

/** What of a version's schema old definitions are not held to. */
export interface DefinitionStrictness extends SchemaStrictness {
  readonly structural: boolean;
  readonly prunedDefaults: boolean;
}

/** The first thing at the root that would not survive when the status is cut out of the schema. */
function checkRootWithStatus(schema: JSONSchemaProps, path: string, errors: Errors): void {
  for (const name of setFieldsOf(schema)) {
    if (name === "Type") {
      if (schema.type === "object") continue;
      errors.push(
        field.invalid(
          `${path}.type`,
          schema.type,
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      );
      return;
    }
    if (ROOT_FIELDS.includes(name)) continue;
    errors.push(
      field.invalid(
        path,
        internalSchema(schema),
        `only [${ROOT_FIELDS.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    );
    return;
  }
}

/** What is wrong with the schema of one version or of all. */
export function checkValidation(
  validation: CustomResourceValidation | undefined,
  hasStatus: boolean,
  strictness: DefinitionStrictness,
  path: string,
  errors: Errors,
): void {
  const schema = validation?.openAPIV3Schema;
  if (!schema) return;
  const own: Errors = [];
  const at = `${path}.openAPIV3Schema`;
  if (hasStatus) checkRootWithStatus(schema, at, own);
  if (schema.nullable) own.push(field.fieldForbidden(`${at}.nullable`, "nullable cannot be true at the root"));
  const reason = strictness.structural ? unstructuredReason(schema) : undefined;
  if (strictness.structural && !reason) {
    const structural = validateStructural(schema, at);
    own.push(...(structural.length > 0 ? structural : validateDefaults(schema, strictness.prunedDefaults, at)));
  }
  own.push(...validateOpenApiSchema(schema, strictness, at));
  if (own.length === 0 && reason) own.push(field.invalid(at, "", reason));
  errors.push(...own);
}
