// SPDX-License-Identifier: Apache-2.0

import {
  DNS1123_LABEL_MAX_LENGTH,
  DNS1123_SUBDOMAIN_MAX_LENGTH,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  fieldError as field,
} from "../../apimachinery/index.ts";
import type { Errors } from "./checks.ts";

const MAX_PATH_LENGTH = DNS1123_SUBDOMAIN_MAX_LENGTH + DNS1123_LABEL_MAX_LENGTH + 1;
const MAX_LENGTH = DNS1123_SUBDOMAIN_MAX_LENGTH + MAX_PATH_LENGTH + 1;

/** Reports the first label of a dotted name that is wrong. */
function checkLabels(
  text: string,
  labelErrors: (label: string) => readonly string[],
  path: string,
  errors: Errors,
): void {
  for (const label of text.split(".")) {
    const messages = labelErrors(label);
    for (const message of messages)
      errors.push(field.invalid(path, text, `validating label ${JSON.stringify(label)}: ${message}`));
    if (messages.length > 0) return;
  }
}

/** The name of who signs certificates: a domain, and a path of its own. */
export function checkSignerName(name: string, path: string, errors: Errors): void {
  if (!name) {
    errors.push(field.required(path));
    return;
  }
  const segments = name.split("/");
  const [domain = "", rest = ""] = segments;
  if (segments.length !== 2) {
    errors.push(
      field.invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    );
    return;
  }
  if (domain.length > DNS1123_SUBDOMAIN_MAX_LENGTH) errors.push(field.tooLong(path, DNS1123_SUBDOMAIN_MAX_LENGTH));
  checkLabels(domain, (label) => dns1123LabelErrors(label), path, errors);
  if (!domain.includes("."))
    errors.push(field.invalid(path, domain, "should be a domain with at least two segments separated by dots"));
  checkLabels(rest, (label) => dns1123SubdomainErrors(label), path, errors);
  if (name.length > MAX_LENGTH) errors.push(field.tooLong(path, MAX_LENGTH));
}
