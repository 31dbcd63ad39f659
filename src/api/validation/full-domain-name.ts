// SPDX-License-Identifier: Apache-2.0

import { dns1123LabelErrors, dns1123SubdomainErrors, fieldError as field } from "../../apimachinery/index.ts";
import type { Errors } from "./checks.ts";

/** A domain of two labels or more; a dot may end it. Only the first mistake is told, without that dot. */
export function checkFullDomainName(value: string, path: string, errors: Errors): void {
  if (!value) {
    errors.push(field.required(path));
    return;
  }
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  const refuse = (part: string, why: string): number => errors.push(field.invalid(path, part, why));
  const wrong = dns1123SubdomainErrors(name);
  const labels = name.split(".");
  const label = labels.find((part) => dns1123LabelErrors(part).length > 0);
  if (wrong.length > 0) refuse(name, wrong.join(","));
  else if (labels.length < 2) refuse(name, "should be a domain with at least two segments separated by dots");
  else if (label !== undefined) refuse(label, dns1123LabelErrors(label).join(","));
}
