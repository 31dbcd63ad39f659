// SPDX-License-Identifier: Apache-2.0

import { fieldError, invalidObject, type FieldError } from "../../../apimachinery/index.ts";
import { clusterIpErrors, type Service, type ServiceSpec } from "../../../api/index.ts";
import { familyOf, otherFamily, type IpFamily } from "./address-range.ts";
import { sameClusterIps, sameFamilies, specOf, type OldSpec } from "./allocated-values.ts";

const HAS_CLUSTER_IP = new Set(["ClusterIP", "NodePort", "LoadBalancer"]);
const POLICY = "spec.ipFamilyPolicy";

/** A Service that prefers two families is neither widened nor narrowed because the cluster changed. */
export const keepsPreferDualStack = (spec: OldSpec, old: OldSpec | undefined): boolean =>
  old !== undefined &&
  old.type === spec.type &&
  HAS_CLUSTER_IP.has(spec.type ?? "ClusterIP") &&
  spec.ipFamilyPolicy === "PreferDualStack" &&
  (old.ipFamilyPolicy ?? "PreferDualStack") === "PreferDualStack" &&
  sameClusterIps(old, spec) &&
  sameFamilies(old, spec);

const isHeadlessWithoutSelector = (spec: OldSpec): boolean =>
  spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;

function setPolicy(spec: ServiceSpec, old: OldSpec | undefined): void {
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (isHeadlessWithoutSelector(spec) ? "RequireDualStack" : "SingleStack");
}

/** To leave a second family must be said by the policy. */
function narrowingErrors(spec: ServiceSpec, old: OldSpec): FieldError[] {
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (sameClusterIps(old, spec) && (spec.clusterIPs?.length ?? 0) > 1) spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
    if (sameFamilies(old, spec) && (spec.ipFamilies?.length ?? 0) > 1) spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
    return [];
  }
  const reduced = (now: readonly string[] = [], before: readonly string[] = []): boolean =>
    now.length > 0 && now.length < before.length;
  const errors: FieldError[] = [];
  const refuse = (what: string): void => {
    const why = `must be 'SingleStack' to release the secondary ${what}`;
    errors.push(fieldError.invalid(POLICY, spec.ipFamilyPolicy, why));
  };
  if (reduced(spec.clusterIPs, old.clusterIPs)) refuse("cluster IP");
  if (reduced(spec.ipFamilies, old.ipFamilies)) refuse("IP family");
  return errors;
}

function singleStackErrors(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const refuse = (what: string): FieldError =>
    fieldError.invalid(
      POLICY,
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(spec.clusterIPs?.length === 2 ? [refuse("cluster IPs")] : []),
    ...(spec.ipFamilies?.length === 2 ? [refuse("IP families")] : []),
  ];
}

function inferFamilies(spec: ServiceSpec, configured: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === "None") break;
    if (i < (spec.ipFamilies?.length ?? 0)) continue;
    const family = familyOf(ip);
    if (configured.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    else {
      errors.push(
        fieldError.invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${family} is not configured on this cluster`),
      );
    }
  }
  return errors;
}

function configurationErrors(spec: ServiceSpec, configured: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && configured.length < 2) {
    const why = "this cluster is not configured for dual-stack services";
    errors.push(fieldError.invalid(POLICY, spec.ipFamilyPolicy, why));
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (configured.includes(family as IpFamily)) continue;
    errors.push(fieldError.invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"));
  }
  return errors;
}

/** Without a selector, a headless Service may have families that the cluster has not. */
function setHeadlessFamilies(spec: ServiceSpec, configured: readonly IpFamily[]): void {
  if (!spec.ipFamilies?.length) spec.ipFamilies = [configured[0]!];
  if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack") {
    spec.ipFamilies.push(otherFamily(spec.ipFamilies[0] as IpFamily));
  }
}

function check(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: "", kind: "Service" }, service.metadata.name ?? "", errors);
}

/** Fills ipFamilyPolicy and ipFamilies from what is given and from what the cluster is configured for. */
export function setIpFamilies(service: Service, old: OldSpec | undefined, configured: readonly IpFamily[]): void {
  const spec = specOf(service);
  if (spec.type === "ExternalName" || keepsPreferDualStack(spec, old)) return;
  setPolicy(spec, old);
  check(service, clusterIpErrors(spec, old as ServiceSpec | undefined));
  check(service, [
    ...(old ? narrowingErrors(spec, old) : []),
    ...singleStackErrors(spec),
    ...inferFamilies(spec, configured),
  ]);
  if (isHeadlessWithoutSelector(spec)) {
    setHeadlessFamilies(spec, configured);
    return;
  }
  check(service, configurationErrors(spec, configured));
  if (!spec.ipFamilies?.length) spec.ipFamilies = [configured[0]!];
  if (spec.ipFamilyPolicy !== "SingleStack" && spec.ipFamilies.length === 1 && configured.length === 2) {
    spec.ipFamilies.push(otherFamily(spec.ipFamilies[0] as IpFamily));
  }
}
