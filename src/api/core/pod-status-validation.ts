// SPDX-License-Identifier: Apache-2.0

import { dns1123SubdomainErrors, fieldError as field, idErrors } from "../../apimachinery/index.ts";
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodResourceClaimStatus,
  PodSpec,
  PodStatus,
} from "../generated/v1.35/core-v1.ts";
import { validatePodAnnotations, validatePodAnnotationsUpdate } from "../shared/pod-annotations.ts";
import { checkImmutable, checkQualifiedName, type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkLegacyIp, isDualStack, parseIp } from "../validation/ip.ts";

const NON_NEGATIVE = "must be a non-negative integer";
const SYSTEM_CONDITIONS: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);

function checkConditions(conditions: readonly PodCondition[], path: string, errors: Errors): void {
  for (const [i, condition] of conditions.entries()) {
    if ((condition.observedGeneration ?? 0) < 0)
      errors.push(field.invalid(`${path}[${i}].observedGeneration`, condition.observedGeneration, NON_NEGATIVE));
    if (!SYSTEM_CONDITIONS.has(condition.type)) checkQualifiedName(condition.type, `${path}[${i}].Type`, errors);
  }
}

/** Whether a container that ended may run again. */
function mayRestart(container: Container | undefined, spec: PodSpec, exitCode: number): boolean {
  for (const rule of container?.restartPolicyRules ?? []) {
    const listed = rule.exitCodes?.values?.includes(exitCode) ?? false;
    if (rule.exitCodes && (rule.exitCodes.operator === "In") === listed) return rule.action === "Restart";
  }
  switch (container?.restartPolicy ?? spec.restartPolicy) {
    case "Never":
      return false;
    case "OnFailure":
      return exitCode !== 0;
    default:
      return true;
  }
}

function checkTransitions(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  mayStart: (name: string, exitCode: number) => boolean,
  path: string,
  errors: Errors,
): void {
  for (const [i, before] of old.entries()) {
    const ended = before.state?.terminated;
    if (!ended) continue;
    const now = statuses.find((status) => status.name === before.name);
    if (now && !now.state?.terminated && !mayStart(before.name, ended.exitCode))
      errors.push(field.fieldForbidden(`${path}[${i}].state`, "may not be transitioned to non-terminated state"));
  }
}

function checkAllTransitions(status: PodStatus, old: PodStatus, spec: PodSpec, errors: Errors): void {
  const among =
    (containers: readonly Container[] | undefined) =>
    (name: string, exitCode: number): boolean => {
      const container = containers?.find((candidate) => candidate.name === name);
      return container !== undefined && mayRestart(container, spec, exitCode);
    };
  checkTransitions(
    status.containerStatuses,
    old.containerStatuses,
    among(spec.containers),
    "status.containerStatuses",
    errors,
  );
  checkTransitions(
    status.initContainerStatuses,
    old.initContainerStatuses,
    among(spec.initContainers),
    "status.initContainerStatuses",
    errors,
  );
  checkTransitions(
    status.ephemeralContainerStatuses,
    old.ephemeralContainerStatuses,
    () => false,
    "status.ephemeralContainerStatuses",
    errors,
  );
}

function checkClaimStatuses(
  statuses: readonly PodResourceClaimStatus[],
  spec: PodSpec,
  path: string,
  errors: Errors,
): void {
  const names = new Set<string>();
  for (const [i, { name, resourceClaimName: claim }] of statuses.entries()) {
    const at = `${path}[${i}]`;
    if (!spec.resourceClaims?.some((candidate) => candidate.name === name))
      errors.push(field.invalid(`${at}.name`, name, "must match the name of an entry in `spec.resourceClaims`"));
    if (names.has(name)) errors.push(field.duplicate(`${at}.name`, name));
    names.add(name);
    if (claim !== undefined) pushInvalid(dns1123SubdomainErrors(claim), claim, `${at}.name`, errors);
  }
}

function checkIps(ips: readonly { ip: string }[], kept: readonly string[], path: string, errors: Errors): void {
  for (const [i, { ip }] of ips.entries()) if (!kept.includes(ip)) checkLegacyIp(ip, `${path}[${i}]`, errors);
  if (ips.length < 2) return;
  const wrong = ips.findIndex(({ ip }) => !parseIp(ip));
  if (wrong >= 0)
    errors.push(
      field.internal(path, `failed to check for dual stack with error:invalid IP[${wrong}]: ${ips[wrong]!.ip}`),
    );
  if (wrong >= 0 || ips.length > 2 || !isDualStack(ips.map(({ ip }) => ip)))
    errors.push(
      field.invalid(
        path,
        ips.map((ip) => internalForm("PodIP", ip)),
        "may specify no more than one IP for each IP family",
      ),
    );
}

function checkAddresses(status: PodStatus, old: PodStatus, errors: Errors): void {
  const ipsOf = (ips: readonly { ip: string }[] | undefined): string[] => (ips ?? []).map(({ ip }) => ip);
  checkIps(status.podIPs ?? [], ipsOf(old.podIPs), "status.podIPs", errors);
  const [first] = status.hostIPs ?? [];
  if (!first) return;
  if (status.hostIP !== first.ip)
    errors.push(field.invalid("status.hostIPs[0].ip", first.ip, "must be equal to `hostIP`"));
  checkIps(status.hostIPs ?? [], ipsOf(old.hostIPs), "status.hostIPs", errors);
}

function checkUsers(statuses: readonly ContainerStatus[] = [], os: string, path: string, errors: Errors): void {
  for (const [i, { user }] of statuses.entries()) {
    const linux = user?.linux;
    if (!linux) continue;
    const at = `${path}[${i}].user.linux`;
    if (os === "windows") {
      errors.push(field.fieldForbidden(at, "cannot be set for a windows pod"));
      continue;
    }
    pushInvalid(idErrors(linux.uid), linux.uid, `${at}.uid`, errors);
    pushInvalid(idErrors(linux.gid), linux.gid, `${at}.gid`, errors);
    for (const [j, id] of (linux.supplementalGroups ?? []).entries())
      pushInvalid(idErrors(id), id, `${at}.supplementalGroups[${j}]`, errors);
  }
}

function checkContainerStatuses(pod: Pod, status: PodStatus, errors: Errors): void {
  const os = pod.spec.os?.name ?? "linux";
  checkUsers(status.containerStatuses, os, "status.containerStatuses", errors);
  checkUsers(status.initContainerStatuses, os, "status.initContainerStatuses", errors);
  checkUsers(status.ephemeralContainerStatuses, os, "status.ephemeralContainerStatuses", errors);
}

/** What is wrong with a change of a pod's status. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): Errors {
  const errors: Errors = [];
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, "metadata.annotations", errors);
  validatePodAnnotations(pod.metadata.annotations, pod.spec, "metadata.annotations", errors);
  if (status.conditions) checkConditions(status.conditions, "status.conditions", errors);
  if (pod.spec.nodeName !== old.spec.nodeName)
    errors.push(field.fieldForbidden("status.nodeName", "may not be changed directly"));
  const nominated = status.nominatedNodeName ?? "";
  if (nominated && nominated !== (before.nominatedNodeName ?? "")) {
    const path = "status.nominatedNodeName";
    pushInvalid(dns1123SubdomainErrors(nominated), nominated, path, errors);
    if (old.spec.nodeName)
      errors.push(field.fieldForbidden(path, "may not be set on pods that are already bound to a node"));
  }
  if ((status.observedGeneration ?? 0) < 0)
    errors.push(field.invalid("status.observedGeneration", status.observedGeneration, NON_NEGATIVE));
  checkImmutable(status.qosClass ?? "", before.qosClass ?? "", "status.qosClass", errors);
  checkAllTransitions(status, before, old.spec, errors);
  if (status.resourceClaimStatuses)
    checkClaimStatuses(status.resourceClaimStatuses, pod.spec, "status.resourceClaimStatuses", errors);
  checkAddresses(status, before, errors);
  checkContainerStatuses(pod, status, errors);
  return errors;
}
