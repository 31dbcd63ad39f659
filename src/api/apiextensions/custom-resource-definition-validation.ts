// SPDX-License-Identifier: Apache-2.0

import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  fieldError as field,
  sameJson,
  sentEmpty,
} from "../../apimachinery/index.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from "../generated/v1.35/apiextensions-v1.ts";
import { checkImmutable, checkRequired, checkRequiredSupported, type Errors } from "../validation/checks.ts";
import { checkApproval } from "./approval-validation.ts";
import { bundleMistake, checkConversion, speaksReview } from "./conversion-validation.ts";
import {
  type InternalDefinition,
  internalDefinition,
  printedVersions,
  schemaOf,
  schemasOf,
} from "./internal-definition.ts";
import { checkNames } from "./names-validation.ts";
import { ALL_STRICT, type Strictness, strictnessFor } from "./old-definitions.ts";
import { schemaHas } from "./schema-walk.ts";
import { checkValidation, type DefinitionStrictness } from "./schema-validation.ts";
import {
  checkColumns,
  checkDeprecation,
  checkSelectableFields,
  checkSubresources,
  MAX_SELECTABLE_FIELDS,
} from "./version-validation.ts";

type Definition = CustomResourceDefinition;
type Spec = CustomResourceDefinitionSpec;
type Version = CustomResourceDefinitionVersion;

function checkName({ metadata, spec }: Definition, errors: Errors): void {
  const { name = "" } = metadata;
  if (name !== `${spec.names.plural}.${spec.group}` && name !== "")
    errors.push(field.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
}

function checkGroup(group: string | undefined, errors: Errors): void {
  const path = "spec.group";
  if (!group) {
    errors.push(field.required(path));
    return;
  }
  const messages = dns1123SubdomainErrors(group);
  if (messages.length > 0) errors.push(field.invalid(path, group, messages.join(",")));
  else if (!group.includes(".")) errors.push(field.invalid(path, group, "should be a domain with at least one dot"));
}

function checkSchemasExist(spec: Spec, internal: InternalDefinition, strictness: Strictness, errors: Errors): void {
  if (internal.common.schema?.openAPIV3Schema) return;
  for (const [i, version] of internal.versions.entries()) {
    if (schemaOf(internal, version)) continue;
    const path = `spec.versions[${i}].schema.openAPIV3Schema`;
    if (strictness.schemas) errors.push(field.required(path));
    else if (!spec.preserveUnknownFields && version.served)
      errors.push(field.required(path, "because otherwise all fields are pruned"));
  }
}

const EXTENSIONS = [
  "x-kubernetes-embedded-resource",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-validations",
] as const;

/** Whether schemas must be structural: where anything depends on their structure, in old definitions too. */
function needsStructure(spec: Spec, strictness: Strictness): boolean {
  if (strictness.structural || !spec.preserveUnknownFields) return true;
  return schemasOf(spec).some((schema) =>
    schemaHas(schema, (at) => at.default !== undefined || EXTENSIONS.some((name) => at[name] !== undefined)),
  );
}

const hasStatus = (subresources: CustomResourceSubresources | undefined): boolean => subresources?.status !== undefined;

interface Check {
  readonly spec: Spec;
  readonly internal: InternalDefinition;
  readonly strictness: Strictness & DefinitionStrictness;
  readonly old: Spec | undefined;
  readonly errors: Errors;
}

/** Whether the version had too many selectable fields before, and has the same ones still. */
function hadTooManyFields({ old }: Check, name: string, fields: Version["selectableFields"]): boolean {
  const before = old?.versions?.find((version) => version.name === name)?.selectableFields;
  return (before?.length ?? 0) > MAX_SELECTABLE_FIELDS && sameJson(before, fields);
}

function checkVersion(check: Check, version: Version, path: string): void {
  const { internal, strictness, errors } = check;
  checkDeprecation(version, path, errors);
  const perVersion = internal.versions.some(({ subresources }) => subresources !== undefined);
  const subresources = perVersion ? version.subresources : internal.common.subresources;
  checkValidation(version.schema, hasStatus(subresources), strictness, `${path}.schema`, errors);
  checkSubresources(version.subresources, `${path}.subresources`, errors);
  checkColumns(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`, errors);
  checkSelectableFields(
    version.selectableFields,
    version.schema?.openAPIV3Schema,
    hadTooManyFields(check, version.name, version.selectableFields),
    `${path}.selectableFields`,
    errors,
  );
}

function checkVersions(check: Check): void {
  const { internal, errors } = check;
  const names = new Set<string>();
  let stored = 0;
  for (const [i, version] of internal.versions.entries()) {
    if (version.storage) stored++;
    names.add(version.name);
    const path = `spec.versions[${i}]`;
    const messages = dns1035LabelErrors(version.name);
    if (messages.length > 0) errors.push(field.invalid(`${path}.name`, version.name, messages.join(",")));
    checkVersion(check, version, path);
  }
  const refuse = (message: string): number =>
    errors.push(field.invalid("spec.versions", printedVersions(internal, check.spec), message));
  if (names.size !== internal.versions.length) refuse("must contain unique version names");
  if (stored !== 1) refuse("must have exactly one version marked as storage version");
  const [first] = internal.versions;
  const messages = first?.name ? dns1035LabelErrors(first.name) : [];
  if (messages.length > 0) errors.push(field.invalid("spec.version", first!.name, messages.join(",")));
}

/** What all versions have in common. */
function checkCommon(check: Check): void {
  const { internal, strictness, errors } = check;
  const { schema, subresources, additionalPrinterColumns, selectableFields } = internal.common;
  const anyStatus = hasStatus(subresources) || internal.versions.some((version) => hasStatus(version.subresources));
  checkValidation(schema, anyStatus, strictness, "spec.validation", errors);
  checkSubresources(subresources, "spec.subresources", errors);
  checkColumns(additionalPrinterColumns, "spec.additionalPrinterColumns", errors);
  if (selectableFields?.length && !schema)
    errors.push(field.invalid("spec.selectableFields", "", "may only be set when validations.schema is included"));
  else
    checkSelectableFields(
      selectableFields,
      schema?.openAPIV3Schema,
      hadTooManyFields(check, internal.versions[0]?.name ?? "", selectableFields as Version["selectableFields"]),
      "spec.selectableFields",
      errors,
    );
}

function checkWantedNames({ names }: Spec, errors: Errors): void {
  for (const name of ["plural", "singular", "kind", "listKind"] as const)
    checkRequired(names[name], `spec.names.${name}`, errors);
  checkNames(names, "spec.names", errors);
}

function validateSpec(spec: Spec, old: Spec | undefined, strictness: Strictness, errors: Errors): void {
  const internal = internalDefinition(spec);
  checkGroup(spec.group, errors);
  checkRequiredSupported(spec.scope, "spec.scope", ["Cluster", "Namespaced"], errors);
  checkSchemasExist(spec, internal, strictness, errors);
  if (spec.preserveUnknownFields && schemasOf(spec).some((s) => schemaHas(s, (at) => at.default !== undefined)))
    errors.push(
      field.invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema"),
    );
  const check = {
    spec,
    internal,
    old,
    errors,
    strictness: { ...strictness, structural: needsStructure(spec, strictness) },
  };
  checkVersions(check);
  checkWantedNames(spec, errors);
  checkCommon(check);
  const { conversion } = spec;
  if (conversion && conversion.strategy !== "None" && spec.preserveUnknownFields)
    errors.push(
      field.invalid(
        "spec.conversion.strategy",
        conversion.strategy,
        "must be None if spec.preserveUnknownFields is true",
      ),
    );
  checkConversion(conversion, strictness, errors);
}

function checkStoredVersions({ status, spec }: Definition, errors: Errors): void {
  const path = "status.storedVersions";
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) {
    const printed = (status && sentEmpty(status, "storedVersions")) ?? null;
    errors.push(field.invalid(path, printed, "must have at least one stored version"));
    return;
  }
  const versions = spec.versions ?? [];
  const unmet = new Set(stored);
  for (const { name, storage } of versions)
    if (!unmet.delete(name) && storage)
      errors.push(field.invalid(path, stored, `must have the storage version ${name}`));
  for (const [i, name] of stored.entries())
    if (!versions.some((version) => version.name === name))
      errors.push(
        field.invalid(
          `${path}[${i}]`,
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      );
}

function checkPreserve({ spec }: Definition, old: Definition | undefined, errors: Errors): void {
  if (spec.preserveUnknownFields && !old?.spec.preserveUnknownFields)
    errors.push(
      field.invalid(
        "spec.preserveUnknownFields",
        true,
        "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ),
    );
}

function validateRest(definition: Definition, old: Definition | undefined, errors: Errors): void {
  checkNames(definition.status?.acceptedNames, "status.acceptedNames", errors);
  checkStoredVersions(definition, errors);
  checkApproval(definition, old, errors);
  checkPreserve(definition, old, errors);
}

/** What is wrong with a new definition. */
export function validateDefinition(definition: Definition): Errors {
  const errors: Errors = [];
  checkName(definition, errors);
  validateSpec(definition.spec, undefined, ALL_STRICT, errors);
  validateRest(definition, undefined, errors);
  return errors;
}

const isEstablished = ({ status }: Definition): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Established" && is === "True") ?? false;

/** What is wrong with a changed definition. */
export function validateDefinitionUpdate(definition: Definition, before: Definition): Errors {
  const errors: Errors = [];
  const { spec } = definition;
  const { spec: old } = before;
  const knownReview = !old.conversion || speaksReview(old.conversion.webhook?.conversionReviewVersions);
  const bundle = old.conversion?.webhook?.clientConfig?.caBundle;
  const readableBundle = isEstablished(before) && (!bundle || bundleMistake(bundle) === undefined);
  validateSpec(spec, old, { ...strictnessFor(old), knownReview, readableBundle }, errors);
  if (isEstablished(before)) {
    checkImmutable(spec.scope, old.scope, "spec.scope", errors);
    checkImmutable(spec.names.kind, old.names.kind, "spec.names.kind", errors);
  }
  checkImmutable(spec.group, old.group, "spec.group", errors);
  checkImmutable(spec.names.plural, old.names.plural, "spec.names.plural", errors);
  validateRest(definition, before, errors);
  return errors;
}

/** What is wrong with the status of a definition. */
export function validateDefinitionStatus({ status }: Definition): Errors {
  const errors: Errors = [];
  checkNames(status?.acceptedNames, "status.acceptedNames", errors);
  return errors;
}
