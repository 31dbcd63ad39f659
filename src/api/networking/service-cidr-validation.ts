// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { ServiceCIDR } from "../generated/v1.35/networking-v1.ts";
import { type Errors, IMMUTABLE, sentList } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkCidr, cidrFamilyOf } from "../validation/ip.ts";

const PATH = "spec.cidrs";
const ONE_EACH = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";

/** What is wrong with the ranges of service addresses. */
export function validateServiceCidr({ spec = {} }: ServiceCIDR): Errors {
  const errors: Errors = [];
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) return [field.required(PATH, "at least one CIDR required")];
  if (cidrs.length > 2)
    return [field.invalid(PATH, internalForm("ServiceCIDRSpec", spec), "may only hold up to 2 values")];
  for (const [i, cidr] of cidrs.entries()) checkCidr(cidr, `${PATH}[${i}]`, errors);
  const [first, second] = cidrs.map(cidrFamilyOf);
  if (cidrs.length === 2 && first !== undefined && first === second) errors.push(field.invalid(PATH, cidrs, ONE_EACH));
  return errors;
}

/** Ranges stay; only a second one, of the other family, may be added. */
export function validateServiceCidrUpdate(serviceCidr: ServiceCIDR, old: ServiceCIDR): Errors {
  const errors: Errors = [];
  const [cidrs, before] = [serviceCidr.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  const isAddition = before.length === 1 && cidrs.length === 2;
  if (isAddition || cidrs.length === before.length) {
    for (const [i, cidr] of before.entries())
      if (cidr !== cidrs[i]) errors.push(field.invalid(`${PATH}[${i}]`, cidrs[i], IMMUTABLE));
  } else errors.push(field.invalid(PATH, sentList(serviceCidr.spec, "cidrs"), IMMUTABLE));
  if (isAddition) errors.push(...validateServiceCidr(serviceCidr));
  return errors;
}
