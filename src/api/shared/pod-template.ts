// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, validateAnnotations, validateLabels } from "../../apimachinery/index.ts";
import type { PodSpec, PodTemplateSpec } from "../generated/v1.35/core-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { validateAnnotationsAgree, validatePodAnnotations } from "./pod-annotations.ts";
import { validatePodSpec } from "./pod-spec.ts";

const EMPTY_SPEC: PodSpec = { containers: [] };

/** What is wrong with the labels and annotations of a template. */
export function validateTemplateMetadata(template: PodTemplateSpec, path: string, errors: Errors): void {
  const { metadata = {}, spec = EMPTY_SPEC } = template;
  if (metadata.labels) errors.push(...validateLabels(metadata.labels, `${path}.labels`));
  if (metadata.annotations) errors.push(...validateAnnotations(metadata.annotations, `${path}.annotations`));
  validatePodAnnotations(metadata.annotations, spec, `${path}.annotations`, errors);
}

/** What is wrong with the template of pods to come. */
export function validatePodTemplate(template: PodTemplateSpec, path: string, errors: Errors): void {
  const { metadata = {}, spec = EMPTY_SPEC } = template;
  validateTemplateMetadata(template, path, errors);
  validatePodSpec(spec, undefined, `${path}.spec`, errors);
  validateAnnotationsAgree(metadata, spec, `${path}.spec`, errors);
  if (spec.ephemeralContainers?.length)
    errors.push(
      field.fieldForbidden(`${path}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"),
    );
}
