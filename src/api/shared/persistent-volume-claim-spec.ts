// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  quantitySign,
  validateLabelSelector,
} from "../../apimachinery/index.ts";
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from "../generated/v1.35/core-v1.ts";
import { checkSupported, type Errors, NOT_POSITIVE, pushInvalid } from "../validation/checks.ts";
import { checkResourceAmount } from "./resource-names.ts";
import { roundToMilli } from "./resources.ts";
import { checkTemplateMetadata } from "./template-metadata.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
export const VOLUME_MODES = ["Block", "Filesystem"];

/** Claims are of file systems unless they say otherwise. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
  roundToMilli(spec.resources?.limits);
  roundToMilli(spec.resources?.requests);
}

/** Access modes of a claim or a volume: known ones, and ReadWriteOncePod alone. */
export function checkAccessModes(modes: readonly string[], path: string, errors: Errors): void {
  let single = false;
  let others = false;
  for (const mode of modes) {
    checkSupported(mode, path, ACCESS_MODES, errors);
    if (mode === "ReadWriteOncePod") single = true;
    else if (ACCESS_MODES.includes(mode)) others = true;
  }
  if (single && others) errors.push(field.fieldForbidden(path, "may not use ReadWriteOncePod with other access modes"));
}

function checkStorage(spec: PersistentVolumeClaimSpec, path: string, errors: Errors): void {
  const storage = spec.resources?.requests?.["storage"];
  if (storage === undefined) errors.push(field.required(path));
  else if (quantitySign(storage) <= 0) errors.push(field.invalid(path, storage, NOT_POSITIVE));
  else checkResourceAmount("storage", storage, path, errors);
}

interface SourceRules {
  /** Groups have been accepted before that are no domain. */
  readonly anySourceGroup?: boolean;
}

function checkDataSource(reference: TypedObjectReference, path: string, errors: Errors, rules: SourceRules): void {
  if (!reference.name) errors.push(field.required(`${path}.name`));
  if (!reference.kind) errors.push(field.required(`${path}.kind`));
  const group = reference.apiGroup ?? "";
  if (group === "" && reference.kind !== "PersistentVolumeClaim")
    errors.push(
      field.invalid(path, reference.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    );
  if (group !== "" && !rules.anySourceGroup)
    pushInvalid(dns1123SubdomainErrors(group), group, `${path}.apiGroup`, errors);
  if (reference.namespace)
    pushInvalid(nameIsDnsLabel(reference.namespace, false), reference.namespace, `${path}.namespace`, errors);
}

function checkDataSources(spec: PersistentVolumeClaimSpec, path: string, errors: Errors, rules: SourceRules): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) checkDataSource(dataSource, `${path}.dataSource`, errors, rules);
  if (dataSourceRef) checkDataSource(dataSourceRef, `${path}.dataSourceRef`, errors, rules);
  if (!dataSource || !dataSourceRef) return;
  const refuse = (message: string): number => errors.push(field.invalid(path, {}, message));
  if (dataSourceRef.namespace) refuse("may not be specified when dataSourceRef.namespace is specified");
  else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  )
    refuse("must match dataSourceRef");
}

function checkClassName(name: string | undefined, path: string, errors: Errors): void {
  if (name) pushInvalid(nameIsDnsSubdomain(name, false), name, path, errors);
}

/** What a claim asks for. */
export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: string,
  errors: Errors,
  rules: SourceRules = {},
): void {
  if (!spec.accessModes?.length)
    errors.push(field.required(`${path}.accessModes`, "at least 1 access mode is required"));
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`));
  checkAccessModes(spec.accessModes ?? [], `${path}.accessModes`, errors);
  checkStorage(spec, `${path}.resources[storage]`, errors);
  checkClassName(spec.storageClassName, `${path}.storageClassName`, errors);
  if (spec.volumeMode !== undefined) checkSupported(spec.volumeMode, `${path}.volumeMode`, VOLUME_MODES, errors);
  checkDataSources(spec, path, errors, rules);
  checkClassName(spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`, errors);
}

/** The claim of an ephemeral volume: labels and annotations only, and the spec. */
export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, path: string, errors: Errors): void {
  checkTemplateMetadata(template.metadata, `${path}.metadata`, errors);
  validateClaimSpec(template.spec, `${path}.spec`, errors);
}
