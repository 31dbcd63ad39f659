// SPDX-License-Identifier: Apache-2.0

import { forbidden, type StatusError } from "../../apimachinery/index.ts";
import type { AdmissionAttributes, AdmissionOperation } from "../admission-plugin.ts";

/** Whether a write goes to this resource itself, not to a subresource of it, by one of these operations. */
export const isWriteTo = (
  attributes: AdmissionAttributes,
  group: string,
  resource: string,
  ...operations: readonly AdmissionOperation[]
): boolean =>
  attributes.resource === resource &&
  attributes.kind.group === group &&
  attributes.subresource === "" &&
  operations.includes(attributes.operation);

/** The name that a refusal shows: names are generated after admission. */
function nameOf({ name, object }: AdmissionAttributes): string {
  return name || object?.metadata.name || object?.metadata.generateName || "Unknown";
}

/** 403 of an admission plug-in; `why` completes the sentence. */
export const admissionForbidden = (attributes: AdmissionAttributes, why: string): StatusError =>
  forbidden({ group: attributes.kind.group, resource: attributes.resource }, nameOf(attributes), why);
