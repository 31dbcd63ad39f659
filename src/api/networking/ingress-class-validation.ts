// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, nameIsDnsLabel } from "../../apimachinery/index.ts";
import type { IngressClass, IngressClassParametersReference } from "../generated/v1.35/networking-v1.ts";
import { checkImmutable, type Errors, pushInvalid } from "../validation/checks.ts";
import { checkDomainPath } from "../validation/domain-path.ts";
import { validateTypedReference } from "./ingress-validation.ts";

const MAX_CONTROLLER_LENGTH = 250;
const SCOPES = ["Cluster", "Namespace"];

function validateParameters(parameters: IngressClassParametersReference, path: string, errors: Errors): void {
  validateTypedReference(parameters, path, errors);
  const { scope, namespace } = parameters;
  const at = `${path}.namespace`;
  if (scope === undefined) errors.push(field.required(`${path}.scope`));
  else if (scope === "Namespace") {
    if (namespace === undefined) errors.push(field.required(at, "`parameters.scope` is set to 'Namespace'"));
    else pushInvalid(nameIsDnsLabel(namespace, false), namespace, at, errors);
  } else if (scope !== "Cluster") errors.push(field.notSupported(`${path}.scope`, scope, SCOPES));
  else if (namespace !== undefined) errors.push(field.fieldForbidden(at, "`parameters.scope` is set to 'Cluster'"));
}

/** What is wrong with an IngressClass. */
export function validateIngressClass({ spec }: IngressClass): Errors {
  const errors: Errors = [];
  const { controller = "", parameters } = spec;
  if (controller.length > MAX_CONTROLLER_LENGTH) errors.push(field.tooLong("spec.controller", MAX_CONTROLLER_LENGTH));
  checkDomainPath(controller, "spec.controller", errors);
  if (parameters) validateParameters(parameters, "spec.parameters", errors);
  return errors;
}

/** The controller of a class stays. */
export function validateIngressClassUpdate(ingressClass: IngressClass, old: IngressClass): Errors {
  const errors: Errors = [];
  checkImmutable(ingressClass.spec.controller ?? "", old.spec.controller ?? "", "spec.controller", errors);
  return errors;
}
