// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, sameJson } from "../../apimachinery/index.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../generated/v1.35/resource-v1.ts";
import { checkTemplateMetadata } from "../shared/template-metadata.ts";
import { type Errors, IMMUTABLE } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { printedMetadata } from "../validation/printed.ts";
import { validateDeviceClaim } from "./device-claim.ts";

/** What is wrong with a claim. */
export function validateResourceClaim({ spec }: ResourceClaim): Errors {
  const errors: Errors = [];
  validateDeviceClaim(spec.devices, "spec.devices", errors);
  return errors;
}

/** A claim stays as it is, right or wrong. */
export const validateResourceClaimUpdate = (claim: ResourceClaim, old: ResourceClaim): Errors =>
  sameJson(claim.spec, old.spec)
    ? []
    : [field.invalid("spec", internalForm("ResourceClaimSpec", claim.spec), IMMUTABLE)];

/** What is wrong with a template of claims. */
export function validateClaimTemplate({ spec }: ResourceClaimTemplate): Errors {
  const errors: Errors = [];
  checkTemplateMetadata(spec.metadata, "spec.metadata", errors);
  validateDeviceClaim(spec.spec.devices, "spec.spec.devices", errors);
  return errors;
}

/** A template stays as it is. */
export function validateClaimTemplateUpdate(template: ResourceClaimTemplate, old: ResourceClaimTemplate): Errors {
  const { spec } = template;
  const printed = { ...printedMetadata(spec.metadata), Spec: internalForm("ResourceClaimSpec", spec.spec) };
  return sameJson(spec, old.spec) ? [] : [field.invalid("spec", printed, IMMUTABLE)];
}
