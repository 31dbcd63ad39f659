// SPDX-License-Identifier: Apache-2.0

import { isKnownFormat } from "../../apimachinery/index.ts";
import type { CustomResourceDefinition } from "../generated/v1.35/apiextensions-v1.ts";
import { schemasOf } from "./internal-definition.ts";
import { schemasWithin } from "./schema-walk.ts";

const DEFAULT_PORT = 443;

const storageVersion = ({ spec }: CustomResourceDefinition): string | undefined =>
  spec.versions?.find(({ storage }) => storage)?.name;

/** Fills what a definition leaves out. */
export function defaultDefinition(definition: CustomResourceDefinition): void {
  const { names } = definition.spec;
  if (names) {
    names.singular ||= (names.kind ?? "").toLowerCase();
    if (names.kind) names.listKind ||= `${names.kind}List`;
  }
  definition.spec.conversion ??= { strategy: "None" };
  const service = definition.spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= DEFAULT_PORT;
  noteStorageVersion(definition, (definition.status?.storedVersions ?? []).length === 0);
}

/** What objects are stored in is remembered, until somebody has migrated all of them. */
export function noteStorageVersion(definition: CustomResourceDefinition, applies = true): void {
  const version = storageVersion(definition);
  if (!applies || version === undefined) return;
  const stored = definition.status?.storedVersions ?? [];
  if (stored.includes(version)) return;
  definition.status = { ...definition.status, storedVersions: [...stored, version] };
}

function unknownFormats({ spec }: CustomResourceDefinition): string[] {
  const found = schemasOf(spec).flatMap((schema) => [...schemasWithin(schema)]);
  return found.flatMap(({ type, format }) => (type === "string" && format && !isKnownFormat(format) ? [format] : []));
}

/** Formats that nothing is checked against, where they are new. */
export function definitionWarnings(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): string[] {
  const known = new Set(old ? unknownFormats(old) : []);
  return unknownFormats(definition)
    .filter((format) => !known.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}
