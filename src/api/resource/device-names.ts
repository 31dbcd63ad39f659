// SPDX-License-Identifier: Apache-2.0

import {
  byteLength,
  cIdentifierErrors,
  DNS1123_SUBDOMAIN_MAX_LENGTH,
  fieldError as field,
} from "../../apimachinery/index.ts";
import { checkCsiDriverName } from "../shared/volume-source-rules.ts";
import { checkDnsSubdomain, type Errors, pushInvalid } from "../validation/checks.ts";

const MAX_ID_LENGTH = 32;

/** The name of a driver of devices: the rules of CSI drivers. */
export const checkDriverName = checkCsiDriverName;

/** The name of a pool: subdomains, separated by slashes. */
export function checkPoolName(name: string | undefined, path: string, errors: Errors): void {
  if (!name) {
    errors.push(field.required(path));
    return;
  }
  if (byteLength(name) > DNS1123_SUBDOMAIN_MAX_LENGTH) errors.push(field.tooLong(path, DNS1123_SUBDOMAIN_MAX_LENGTH));
  for (const part of name.split("/")) checkDnsSubdomain(part, path, errors);
}

function checkIdentifier(id: string, path: string, errors: Errors): void {
  if (byteLength(id) > MAX_ID_LENGTH) errors.push(field.tooLong(path, MAX_ID_LENGTH));
  pushInvalid(cIdentifierErrors(id), id, path, errors);
}

/** The name of an attribute or a capacity: an identifier, with or without a domain before it. */
export function checkAttributeName(name: string, path: string, errors: Errors): void {
  const parts = name.split("/");
  const [domain = "", id = ""] = parts;
  if (parts.length === 1) checkIdentifier(domain, path, errors);
  else if (parts.length === 2) {
    if (domain) checkDriverName(domain, path, errors);
    else errors.push(field.invalid(path, "", "the domain must not be empty"));
    if (id) checkIdentifier(id, path, errors);
    else errors.push(field.invalid(path, "", "the name must not be empty"));
  }
}

/** As checkAttributeName, and the domain must be there. */
export function checkFullAttributeName(name: string, path: string, errors: Errors): void {
  checkAttributeName(name, path, errors);
  if (!name.includes("/"))
    errors.push(field.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"));
}
