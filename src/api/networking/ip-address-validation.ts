// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  type NameCheck,
  nameIsPathSegment,
  sameJson,
} from "../../apimachinery/index.ts";
import type { IPAddress } from "../generated/v1.35/networking-v1.ts";
import { type Errors, IMMUTABLE, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { ipMistake } from "../validation/ip.ts";

/** The name of an IPAddress is the address in canonical form. */
export const nameIsIp: NameCheck = (name) => {
  const mistake = ipMistake(name);
  return mistake === undefined ? [] : [mistake];
};

/** What is wrong with an address in use. */
export function validateIpAddress({ spec }: IPAddress): Errors {
  const errors: Errors = [];
  const path = "spec.parentRef";
  const parent = spec?.parentRef;
  if (!parent) return [field.required(path)];
  if (parent.group) pushInvalid(dns1123SubdomainErrors(parent.group), parent.group, `${path}.group`, errors);
  for (const name of ["resource", "name"] as const)
    if (parent[name]) pushInvalid(nameIsPathSegment(parent[name], false), parent[name], `${path}.${name}`, errors);
    else errors.push(field.required(`${path}.${name}`));
  if (parent.namespace)
    pushInvalid(nameIsPathSegment(parent.namespace, false), parent.namespace, `${path}.namespace`, errors);
  return errors;
}

/** An address keeps what it is used for. */
export function validateIpAddressUpdate({ spec }: IPAddress, { spec: old }: IPAddress): Errors {
  const parent = spec?.parentRef;
  return sameJson(parent, old?.parentRef)
    ? []
    : [field.invalid("spec.parentRef", internalForm("ParentReference", parent), IMMUTABLE)];
}
