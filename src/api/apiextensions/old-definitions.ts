// SPDX-License-Identifier: Apache-2.0

import type { CustomResourceDefinitionSpec, JSONSchemaProps } from "../generated/v1.35/apiextensions-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { isUnpruned } from "./default-values.ts";
import { schemasOf } from "./internal-definition.ts";
import { checkMapKeysOfList, isAtomic } from "./list-type-validation.ts";
import { itemsOf, schemaHas } from "./schema-walk.ts";
import type { DefinitionStrictness } from "./schema-validation.ts";
import { unstructuredReason, validateStructural } from "./structural-schema.ts";

/** What a definition is held to. Rules came one by one; a definition that broke one before may go on to break it. */
export interface Strictness extends DefinitionStrictness {
  /** Every version has a schema. */
  readonly schemas: boolean;
  /** The conversion webhook speaks a version that this server does. */
  readonly knownReview: boolean;
  /** The certificates of the conversion webhook can be read. */
  readonly readableBundle: boolean;
}

/** What new definitions are held to. */
export const ALL_STRICT: Strictness = {
  schemas: true,
  knownReview: true,
  readableBundle: true,
  validTypes: true,
  structural: true,
  prunedDefaults: true,
  atomicSets: true,
  completeMapKeys: true,
};

const TYPES: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "array", "object"]);

function hasIncompleteKeys(schema: JSONSchemaProps): boolean {
  const errors: Errors = [];
  checkMapKeysOfList(schema, "", errors);
  return errors.length > 0;
}

function hasLooseSet(schema: JSONSchemaProps): boolean {
  const items = itemsOf(schema);
  return schema["x-kubernetes-list-type"] === "set" && items !== undefined && !isAtomic(items);
}

const isStructural = (schema: JSONSchemaProps): boolean =>
  !unstructuredReason(schema) && validateStructural(schema, "").length === 0;

/** What the change of a definition is held to. */
export function strictnessFor(old: CustomResourceDefinitionSpec): Omit<Strictness, "knownReview" | "readableBundle"> {
  const schemas = schemasOf(old);
  const none = (is: (schema: JSONSchemaProps) => boolean): boolean => !schemas.some((schema) => schemaHas(schema, is));
  return {
    schemas: schemas.length === (old.versions ?? []).length,
    validTypes: none(({ type }) => Boolean(type) && !TYPES.has(type!)),
    structural: schemas.every(isStructural),
    prunedDefaults: none((schema) => schema.default !== undefined && schema.default !== null && isUnpruned(schema)),
    atomicSets: none(hasLooseSet),
    completeMapKeys: none(hasIncompleteKeys),
  };
}
