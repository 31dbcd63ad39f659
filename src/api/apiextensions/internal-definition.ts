// SPDX-License-Identifier: Apache-2.0

import { copyEmpties, dropField, equalJson, sentEmpty } from "../../apimachinery/index.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  JSONSchemaProps,
  SelectableField,
} from "../generated/v1.35/apiextensions-v1.ts";
import { internalForm } from "../validation/internal-form.ts";
import { internalSchema } from "./internal-schema.ts";

/** What versions can differ in, or have in common. */
export interface VersionedParts {
  readonly schema?: CustomResourceValidation;
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[];
  readonly selectableFields?: readonly SelectableField[];
}

/** A definition as upstream validates it: what all versions have in common stands once, above them. */
export interface InternalDefinition {
  readonly versions: readonly CustomResourceDefinitionVersion[];
  readonly common: VersionedParts;
}

const PARTS = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;

/** Moves what all versions have in common out of them. */
export function internalDefinition(spec: CustomResourceDefinitionSpec): InternalDefinition {
  const [first, ...others] = spec.versions ?? [];
  if (!first) return { versions: [], common: {} };
  const shared = PARTS.filter((part) => others.every((version) => equalJson(version[part], first[part])));
  const common: Record<string, unknown> = {};
  for (const part of shared) if (first[part] !== undefined) common[part] = first[part];
  const versions = spec.versions.map((version) => {
    const rest = { ...version };
    copyEmpties(version, rest);
    for (const part of shared) dropField(rest, part);
    return rest;
  });
  return { versions, common };
}

/** The schema of a version, its own or the common one. */
export const schemaOf = (
  { common }: InternalDefinition,
  version: CustomResourceDefinitionVersion,
): JSONSchemaProps | undefined => (version.schema ?? common.schema)?.openAPIV3Schema;

/** All schemas of a definition. */
export function schemasOf(spec: CustomResourceDefinitionSpec): JSONSchemaProps[] {
  return (spec.versions ?? []).flatMap(({ schema }) => schema?.openAPIV3Schema ?? []);
}

const printedVersion = (version: CustomResourceDefinitionVersion): object => {
  const { schema } = version;
  const { openAPIV3Schema } = schema ?? {};
  return {
    ...(internalForm("CustomResourceDefinitionVersion", version) as object),
    Schema: schema ? { OpenAPIV3Schema: openAPIV3Schema ? internalSchema(openAPIV3Schema) : null } : null,
  };
};

/** The versions as messages print them. */
export const printedVersions = ({ versions }: InternalDefinition, spec: CustomResourceDefinitionSpec): unknown =>
  versions.length > 0 ? versions.map(printedVersion) : (sentEmpty(spec, "versions") ?? null);
