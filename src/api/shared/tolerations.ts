// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, labelValueErrors, validateLabelName } from "../../apimachinery/index.ts";
import type { Toleration } from "../generated/v1.35/core-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const OPERATORS = ["Equal", "Exists"];
/** Upstream names all four where a comparison is used while its feature is off. */
const ALL_OPERATORS = ["Equal", "Exists", "Lt", "Gt"];

/** The effect of a taint; `allowEmpty` for tolerations, which may mean all of them. */
export function checkTaintEffect(effect: string | undefined, path: string, errors: Errors): void {
  if (!effect) errors.push(field.required(path));
  else checkSupported(effect, path, EFFECTS, errors);
}

function checkOperator(toleration: Toleration, path: string, errors: Errors): void {
  const value = toleration.value ?? "";
  const operator = toleration.operator ?? "";
  if (operator === "" || operator === "Equal") {
    const messages = labelValueErrors(value);
    if (messages.length > 0) errors.push(field.invalid(path, value, messages.join(";")));
  } else if (operator === "Exists") {
    if (value !== "") errors.push(field.invalid(path, value, "value must be empty when `operator` is 'Exists'"));
  } else
    errors.push(field.notSupported(path, operator, operator === "Lt" || operator === "Gt" ? ALL_OPERATORS : OPERATORS));
}

/** Taints that a pod bears. */
export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
  errors: Errors,
): void {
  if (!tolerations) return;
  for (const [i, toleration] of tolerations.entries()) {
    const at = `${path}[${i}]`;
    if (toleration.key) errors.push(...validateLabelName(toleration.key, `${at}.key`));
    else if (toleration.operator !== "Exists")
      errors.push(
        field.invalid(
          `${at}.operator`,
          toleration.operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== "NoExecute")
      errors.push(
        field.invalid(
          `${at}.effect`,
          toleration.effect ?? "",
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    checkOperator(toleration, `${at}.operator`, errors);
    if (toleration.effect) checkSupported(toleration.effect, `${at}.effect`, EFFECTS, errors);
  }
}

/** Which taints a toleration is for, as a text: all of it but its seconds. */
export const toleratedTaints = ({ key = "", operator = "", value = "", effect = "" }: Toleration): string =>
  JSON.stringify([key, operator, value, effect]);

/** A pod's tolerations may only grow, but for their seconds. */
export function validateAddedTolerations(
  tolerations: readonly Toleration[] | undefined,
  old: readonly Toleration[] | undefined,
  path: string,
  errors: Errors,
): void {
  const tolerated = new Set((tolerations ?? []).map(toleratedTaints));
  if (old?.some((before) => !tolerated.has(toleratedTaints(before)))) {
    errors.push(field.fieldForbidden(path, "existing toleration can not be modified except its tolerationSeconds"));
    return;
  }
  validateTolerations(tolerations, path, errors);
}
