// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sameJson, validateAnnotations, validateLabels } from "../../apimachinery/index.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../generated/v1.35/resource-v1.ts";
import { type Errors, IMMUTABLE } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { printedMetadata } from "../validation/printed.ts";
import { validateDeviceClaim } from "./device-claim.ts";

/** What is wrong with a claim. */
export function validateResourceClaim({ spec }: ResourceClaim, stored = false): Errors {
  const errors: Errors = [];
  validateDeviceClaim(spec.devices, "spec.devices", errors, stored);
  return errors;
}

/** A claim stays as it is. */
export function validateResourceClaimUpdate(claim: ResourceClaim, old: ResourceClaim): Errors {
  const changed = sameJson(claim.spec, old.spec)
    ? []
    : [field.invalid("spec", internalForm("ResourceClaimSpec", claim.spec), IMMUTABLE)];
  return [...changed, ...validateResourceClaim(claim, true)];
}

/** What is wrong with a template of claims. */
export function validateClaimTemplate({ spec }: ResourceClaimTemplate, stored = false): Errors {
  const { metadata = {} } = spec;
  const errors: Errors = [
    ...validateLabels(metadata.labels, "spec.metadata.labels"),
    ...validateAnnotations(metadata.annotations, "spec.metadata.annotations"),
  ];
  validateDeviceClaim(spec.spec.devices, "spec.spec.devices", errors, stored);
  return errors;
}

/** A template stays as it is. */
export function validateClaimTemplateUpdate(template: ResourceClaimTemplate, old: ResourceClaimTemplate): Errors {
  const { spec } = template;
  const printed = { ...printedMetadata(spec.metadata), Spec: internalForm("ResourceClaimSpec", spec.spec) };
  const changed = sameJson(spec, old.spec) ? [] : [field.invalid("spec", printed, IMMUTABLE)];
  return [...changed, ...validateClaimTemplate(template, true)];
}
