// SPDX-License-Identifier: Apache-2.0

import { dns1123SubdomainErrors, fieldError as field, regexMessage } from "../../apimachinery/index.ts";
import { type Errors, pushInvalid } from "./checks.ts";

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH_REGEXP = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** A name such as acme.io/foo: a domain, and a path of its own. */
export function checkDomainPath(value: string, path: string, errors: Errors): void {
  if (!value) {
    errors.push(field.required(path));
    return;
  }
  const slash = value.indexOf("/");
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash < 1 || rest === "") {
    errors.push(field.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  pushInvalid(dns1123SubdomainErrors(host), host, path, errors);
  if (!HTTP_PATH_REGEXP.test(rest)) errors.push(field.invalid(path, rest, regexMessage("Invalid path", HTTP_PATH)));
}
