// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { ServiceSpec } from "../generated/v1.35/core-v1.ts";
import { checkSupported, type Errors } from "../validation/checks.ts";
import { checkLegacyIp, ipFamilyOf, isDualStack, parseIp } from "../validation/ip.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const MAX_CLUSTER_IPS = 2;
const IPS = "spec.clusterIPs";
const SET_ONCE = "may not change once set";

/** A service that stands for its pods themselves, without an address of its own. */
export const isHeadless = (spec: ServiceSpec): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";

/** The first of the addresses is the address. */
function checkPrimary(spec: ServiceSpec, ips: readonly string[], errors: Errors): void {
  if (spec.clusterIP) {
    if (ips.length === 0) errors.push(field.required(IPS));
    else if (ips[0] !== spec.clusterIP) errors.push(field.invalid(IPS, ips, "first value must match `clusterIP`"));
  } else if (ips.length > 0) errors.push(field.invalid(IPS, ips, "must be empty when `clusterIP` is not specified"));
}

function checkFamilies(spec: ServiceSpec, errors: Errors): void {
  const seen = new Set<string>();
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    checkSupported(family, `spec.ipFamilies[${i}]`, FAMILIES, errors);
    if (seen.has(family)) errors.push(field.duplicate(`spec.ipFamilies[${i}]`, family));
    seen.add(family);
  }
  if (spec.ipFamilyPolicy !== undefined) checkSupported(spec.ipFamilyPolicy, "spec.ipFamilyPolicy", POLICIES, errors);
}

/** Whether every address can be read; those of the old service always could. */
function checkAddresses(ips: readonly string[], old: ServiceSpec | undefined, errors: Errors): boolean {
  let valid = true;
  for (const [i, ip] of ips.entries()) {
    if (i === 0 && ip === "None") {
      if (ips.length === 1) continue;
      valid = false;
      errors.push(field.invalid(IPS, ips, "'None' must be the first and only value"));
    } else if (!parseIp(ip) && !old?.clusterIPs?.includes(ip)) {
      valid = false;
      checkLegacyIp(ip, `${IPS}[${i}]`, errors);
    }
  }
  return valid;
}

function checkFamiliesOfAddresses(ips: readonly string[], families: readonly string[], errors: Errors): void {
  for (const [i, ip] of ips.slice(0, families.length).entries()) {
    const family = families[i]!;
    if (FAMILIES.includes(family) && (ipFamilyOf(ip) ?? "IPv4") !== family)
      errors.push(
        field.invalid(`${IPS}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``),
      );
  }
}

/** What is wrong with the addresses of a service and their families. */
export function clusterIpErrors(spec: ServiceSpec, old: ServiceSpec | undefined): Errors {
  const errors: Errors = [];
  if (spec.type === "ExternalName") return errors;
  const ips = spec.clusterIPs ?? [];
  checkPrimary(spec, ips, errors);
  checkFamilies(spec, errors);
  const valid = checkAddresses(ips, old, errors);
  if (ips.length > MAX_CLUSTER_IPS) errors.push(field.invalid(IPS, ips, "may only hold up to 2 values"));
  if (!valid) return errors;
  if (ips.length > 1 && !isDualStack(ips))
    errors.push(field.invalid(IPS, ips, "may specify no more than one IP for each IP family"));
  if (!isHeadless(spec)) checkFamiliesOfAddresses(ips, spec.ipFamilies ?? [], errors);
  return errors;
}

function checkIpsChange(spec: ServiceSpec, old: ServiceSpec, errors: Errors): void {
  const [ips, oldIps] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  const refuse = (i: number, why: string): number => errors.push(field.invalid(`${IPS}[${i}]`, spec.clusterIPs, why));
  if (ips.length === oldIps.length) {
    for (const [i, ip] of oldIps.entries()) if (ip !== ips[i]) refuse(i, SET_ONCE);
    return;
  }
  if (ips.length === 0) refuse(0, "primary clusterIP can not be unset");
  else if (oldIps.length > 0 && ips[0] !== oldIps[0]) refuse(0, SET_ONCE);
  if (oldIps.length > ips.length && ips.length === 1 && spec.ipFamilyPolicy !== "SingleStack")
    errors.push(
      field.invalid(
        "spec.ipFamilyPolicy",
        spec.ipFamilyPolicy,
        "must be set to 'SingleStack' when releasing the secondary clusterIP",
      ),
    );
}

function checkFamiliesChange(spec: ServiceSpec, old: ServiceSpec, errors: Errors): void {
  const [families, oldFamilies] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  const refuse = (value: unknown, why: string): number => errors.push(field.invalid("spec.ipFamilies[0]", value, why));
  if (families.length === oldFamilies.length) {
    for (const [i, family] of oldFamilies.entries()) if (family !== families[i]) refuse(spec.ipFamilies, SET_ONCE);
    return;
  }
  const isShorter = oldFamilies.length > families.length;
  if (isShorter && !spec.clusterIPs?.length) refuse(spec.ipFamilies, "primary ipFamily can not be unset");
  // Upstream prints the addresses here.
  if (families.length > 0 && oldFamilies.length > 0 && families[0] !== oldFamilies[0])
    refuse(spec.clusterIPs, SET_ONCE);
  if (isShorter && families.length === 1 && spec.ipFamilyPolicy !== "SingleStack")
    errors.push(
      field.invalid(
        "spec.ipFamilyPolicy",
        spec.ipFamilyPolicy,
        "must be set to 'SingleStack' when releasing the secondary ipFamily",
      ),
    );
}

/** The primary address and family stay; secondary ones come and go. */
export function validateClusterIpsUpdate(spec: ServiceSpec, old: ServiceSpec, errors: Errors): void {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return;
  if (!isHeadless(spec) || !isHeadless(old)) checkIpsChange(spec, old, errors);
  if (!isHeadless(spec) && !isHeadless(old)) checkFamiliesChange(spec, old, errors);
}
