// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, labelSelectorOfSet } from "../../apimachinery/index.ts";
import type { PodTemplateSpec, ReplicationController } from "../generated/v1.35/core-v1.ts";
import { validatePodTemplate } from "../shared/pod-template.ts";
import { validateReplicaCounts } from "../shared/replica-counts.ts";
import { checkRunsForever, checkTemplateLabels } from "../shared/workload-validation.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";

function validateTemplate(
  template: PodTemplateSpec,
  selector: Record<string, string>,
  path: string,
  errors: Errors,
): void {
  if (Object.keys(selector).length > 0) checkTemplateLabels(template, labelSelectorOfSet(selector), path, errors);
  validatePodTemplate(template, path, errors);
  checkRunsForever(template, "ReplicationController", path, errors);
}

/** What is wrong with a replication controller. */
export function validateController(controller: ReplicationController): Errors {
  const errors: Errors = [];
  const { minReadySeconds, selector = {}, replicas, template } = controller.spec;
  checkNonNegative(minReadySeconds, "spec.minReadySeconds", errors);
  if (Object.keys(selector).length === 0) errors.push(field.required("spec.selector"));
  if (replicas === undefined) errors.push(field.required("spec.replicas"));
  checkNonNegative(replicas, "spec.replicas", errors);
  if (template) validateTemplate(template, selector, "spec.template", errors);
  else errors.push(field.required("spec.template"));
  return errors;
}

/** What is wrong with the counts that a controller reports. */
export const validateControllerStatus = ({ status }: ReplicationController): Errors => validateReplicaCounts(status);
