// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, labelSelectorOfSet } from "../../apimachinery/index.ts";
import type { PodTemplateSpec, ReplicationController } from "../generated/v1.35/core-v1.ts";
import { validatePodTemplate } from "../shared/pod-template.ts";
import { validateReplicaCounts } from "../shared/replica-counts.ts";
import { checkNonNegative, type Errors } from "../validation/checks.ts";

function validateTemplate(
  template: PodTemplateSpec,
  selector: Record<string, string>,
  path: string,
  errors: Errors,
): void {
  const labels = template.metadata?.labels ?? {};
  if (Object.keys(selector).length > 0 && !labelSelectorOfSet(selector).matches(labels))
    errors.push(
      field.invalid(
        `${path}.metadata.labels`,
        template.metadata?.labels,
        "`selector` does not match template `labels`",
      ),
    );
  validatePodTemplate(template, path, errors);
  const spec = template.spec;
  if (spec?.restartPolicy !== "Always")
    errors.push(field.notSupported(`${path}.spec.restartPolicy`, spec?.restartPolicy ?? "", ["Always"]));
  if (spec?.activeDeadlineSeconds !== undefined)
    errors.push(
      field.fieldForbidden(
        `${path}.spec.activeDeadlineSeconds`,
        "activeDeadlineSeconds in ReplicationController is not Supported",
      ),
    );
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
