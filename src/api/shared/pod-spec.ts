// SPDX-License-Identifier: Apache-2.0

import {
  dns1123SubdomainErrors,
  fieldError as field,
  inclusiveRangeMessage,
  nameIsDnsSubdomain,
  validateLabels,
} from "../../apimachinery/index.ts";
import type { HostAlias, PodResourceClaim, PodSchedulingGate, PodSpec } from "../generated/v1.35/core-v1.ts";
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkQualifiedName,
  checkRequiredSupported,
  type Errors,
  pushInvalid,
} from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkLegacyIp } from "../validation/ip.ts";
import { validateAffinity } from "./affinity.ts";
import {
  defaultContainer,
  type PodContext,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./container.ts";
import { validateDnsConfig } from "./dns-config.ts";
import { unifyAccountNames } from "./pod-aliases.ts";
import { roundToMilli, validateOverhead, validatePodResources } from "./resources.ts";
import { validatePodSecurityContext } from "./security-context.ts";
import { validateTolerations } from "./tolerations.ts";
import { validateTopologySpread } from "./topology-spread.ts";
import { visitContainers } from "./visit-containers.ts";
import { defaultVolume, validateVolumes } from "./volume.ts";
import { validateHostProcess } from "./windows-options.ts";
import { validateOsFields } from "./os-fields.ts";

const DEFAULT_GRACE_SECONDS = 30;
const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const PREEMPTION_POLICIES = ["PreemptLowerPriority", "Never"];
const MAX_INT32 = 2 ** 31 - 1;
const MAX_HOSTNAME_LENGTH = 64;

/** Fills what a pod's spec leaves out, in pods and in templates. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= "ClusterFirst";
  spec.restartPolicy ||= "Always";
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= DEFAULT_GRACE_SECONDS;
  spec.schedulerName ||= "default-scheduler";
  if (spec.volumes) for (const volume of spec.volumes) defaultVolume(volume);
  if (spec.initContainers) for (const container of spec.initContainers) defaultContainer(container);
  if (spec.containers) for (const container of spec.containers) defaultContainer(container);
  if (spec.ephemeralContainers) for (const container of spec.ephemeralContainers) defaultContainer(container);
  unifyAccountNames(spec);
  roundToMilli(spec.overhead);
  roundToMilli(spec.resources?.limits);
  roundToMilli(spec.resources?.requests);
}

/** The pod that a spec belongs to; a template has none. */
export interface PodIdentity {
  readonly name: string | undefined;
  readonly isMirror: boolean;
}

function validateClaimSource(claim: PodResourceClaim, path: string, errors: Errors): void {
  const { resourceClaimName: name, resourceClaimTemplateName: template } = claim;
  const refuse = (message: string): number =>
    errors.push(field.invalid(path, internalForm("PodResourceClaim", claim), message));
  if (name !== undefined && template !== undefined)
    refuse("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
  if (name === undefined && template === undefined)
    refuse("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
  if (name !== undefined) pushInvalid(nameIsDnsSubdomain(name, false), name, `${path}.resourceClaimName`, errors);
  if (template !== undefined)
    pushInvalid(nameIsDnsSubdomain(template, false), template, `${path}.resourceClaimTemplateName`, errors);
}

function validateResourceClaims(
  claims: readonly PodResourceClaim[],
  isMirror: boolean,
  path: string,
  errors: Errors,
): void {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const at = `${path}[${i}]`;
    if (isMirror) {
      errors.push(field.fieldForbidden("[]", "static pods do not support resource claims"));
      continue;
    }
    if (!claim.name) errors.push(field.required(`${at}.name`));
    else if (names.has(claim.name)) errors.push(field.duplicate(`${at}.name`, claim.name));
    else {
      checkDnsLabel(claim.name, `${at}.name`, errors);
      names.add(claim.name);
    }
    validateClaimSource(claim, at, errors);
  }
}

/** On the host's network, ports of the host are those of the container. */
function checkHostNetworkPorts(spec: PodSpec, isPod: boolean, path: string, errors: Errors): void {
  if (!spec.hostNetwork) return;
  for (const [i, container] of (spec.containers ?? []).entries())
    for (const [j, { hostPort = 0, containerPort }] of (container.ports ?? []).entries())
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        errors.push(
          field.invalid(
            `${path}.containers[${i}].ports[${j}].hostPort`,
            hostPort,
            "must match `containerPort` when `hostNetwork` is true",
          ),
        );
}

function checkHostUsers(spec: PodSpec, path: string, errors: Errors): void {
  if (spec.hostUsers !== false) return;
  const refused = "when `hostUsers` is false";
  if (spec.hostNetwork) errors.push(field.fieldForbidden(`${path}.hostNetwork`, refused));
  if (spec.hostPID) errors.push(field.fieldForbidden(`${path}.HostPID`, refused));
  if (spec.hostIPC) errors.push(field.fieldForbidden(`${path}.HostIPC`, refused));
  visitContainers(spec, path, (container, at) => {
    if (container.volumeDevices?.length) errors.push(field.fieldForbidden(`${at}.volumeDevices`, refused));
  });
}

function checkHostnameOverride(spec: PodSpec, path: string, errors: Errors): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = `${path}.hostnameOverride`;
  if (spec.setHostnameAsFQDN)
    errors.push(field.fieldForbidden(at, "may not be specified when setHostnameAsFQDN is true"));
  if (spec.hostNetwork) errors.push(field.fieldForbidden(at, "may not be specified when hostNetwork is true"));
  if (name.length > MAX_HOSTNAME_LENGTH) errors.push(field.tooLong(at, MAX_HOSTNAME_LENGTH));
  checkDnsSubdomain(name, at, errors);
}

function checkGates(gates: readonly PodSchedulingGate[], path: string, errors: Errors): void {
  const seen = new Set<string>();
  for (const [i, gate] of gates.entries()) {
    checkQualifiedName(gate.name, `${path}[${i}]`, errors);
    if (seen.has(gate.name)) errors.push(field.duplicate(`${path}[${i}]`, gate.name));
    seen.add(gate.name);
  }
}

function checkHostAliases(aliases: readonly HostAlias[], path: string, errors: Errors): void {
  for (const [i, alias] of aliases.entries()) {
    checkLegacyIp(alias.ip, `${path}[${i}].ip`, errors);
    for (const [j, hostname] of (alias.hostnames ?? []).entries())
      checkDnsSubdomain(hostname, `${path}[${i}].hostnames[${j}]`, errors);
  }
}

function checkSubdomainName(name: string | undefined, path: string, errors: Errors): void {
  if (name) pushInvalid(dns1123SubdomainErrors(name), name, path, errors);
}

/** Names of things that the pod refers to, and its own host name. */
function checkNames(spec: PodSpec, path: string, errors: Errors): void {
  checkSubdomainName(spec.serviceAccountName, `${path}.serviceAccountName`, errors);
  checkSubdomainName(spec.nodeName, `${path}.nodeName`, errors);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32))
    errors.push(field.invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRangeMessage(1, MAX_INT32)));
  if (spec.hostname) checkDnsLabel(spec.hostname, `${path}.hostname`, errors);
  if (spec.subdomain) checkDnsLabel(spec.subdomain, `${path}.subdomain`, errors);
  validateTolerations(spec.tolerations, `${path}.tolerations`, errors);
  if (spec.hostAliases) checkHostAliases(spec.hostAliases, `${path}.hostAliases`, errors);
  checkSubdomainName(spec.priorityClassName, `${path}.priorityClassName`, errors);
  const runtimeClass = spec.runtimeClassName;
  if (runtimeClass !== undefined)
    pushInvalid(nameIsDnsSubdomain(runtimeClass, false), runtimeClass, `${path}.runtimeClassName`, errors);
  if (spec.preemptionPolicy !== undefined)
    checkRequiredSupported(spec.preemptionPolicy, `${path}.preemptionPolicy`, PREEMPTION_POLICIES, errors);
  if (spec.overhead) validateOverhead(spec.overhead, `${path}.overhead`, errors);
}

/** Variables from files: the file lies in an emptyDir of the pod. */
function checkFileVariables(spec: PodSpec, path: string, errors: Errors): void {
  visitContainers(spec, path, (container, at) => {
    if (!container.env) return;
    for (const [i, { valueFrom }] of container.env.entries()) {
      if (!valueFrom?.fileKeyRef) continue;
      const name = valueFrom.fileKeyRef.volumeName;
      const volume = spec.volumes?.find((candidate) => candidate.name === name);
      const volumePath = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      if (!volume) errors.push(field.fieldNotFound(volumePath, name));
      else if (!volume.emptyDir)
        errors.push(field.invalid(volumePath, name, "referenced volume must be of type emptyDir"));
    }
  });
}

const NO_CLAIMS: ReadonlySet<string> = new Set();

/** What is wrong with a pod's spec, in upstream's order; `pod` is left out for templates. */
export function validatePodSpec(spec: PodSpec, pod: PodIdentity | undefined, path: string, errors: Errors): void {
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(field.required(`${path}.terminationGracePeriodSeconds`));
  const claims = spec.resourceClaims;
  const context: PodContext = {
    volumes: validateVolumes(spec.volumes, pod?.name, `${path}.volumes`, errors),
    claimNames: claims ? new Set(claims.map((claim) => claim.name).filter(Boolean)) : NO_CLAIMS,
    graceSeconds: spec.terminationGracePeriodSeconds,
    restartPolicy: spec.restartPolicy ?? "",
    hostUsers: spec.hostUsers ?? true,
  };
  if (claims) validateResourceClaims(claims, pod?.isMirror ?? false, `${path}.resourceClaims`, errors);
  validateContainers(spec.containers, context, `${path}.containers`, errors);
  validateInitContainers(spec.initContainers, spec.containers, context, `${path}.initContainers`, errors);
  if (spec.ephemeralContainers) {
    const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    validateEphemeralContainers(spec.ephemeralContainers, others, context, `${path}.ephemeralContainers`, errors);
  }
  validatePodResources(spec, context.claimNames, path, errors);
  checkHostNetworkPorts(spec, pod !== undefined, path, errors);
  checkRequiredSupported(spec.restartPolicy, `${path}.restartPolicy`, RESTART_POLICIES, errors);
  checkRequiredSupported(spec.dnsPolicy, `${path}.dnsPolicy`, DNS_POLICIES, errors);
  if (spec.nodeSelector) errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  if (spec.securityContext) validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`, errors);
  validateAffinity(spec.affinity, `${path}.affinity`, errors);
  validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`, errors);
  if (spec.readinessGates)
    for (const [i, gate] of spec.readinessGates.entries())
      checkQualifiedName(gate.conditionType, `${path}.readinessGates[${i}].conditionType`, errors);
  if (spec.schedulingGates) checkGates(spec.schedulingGates, `${path}.schedulingGates`, errors);
  validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors);
  validateHostProcess(spec, path, errors);
  checkHostUsers(spec, path, errors);
  checkHostnameOverride(spec, path, errors);
  checkNames(spec, path, errors);
  if (spec.os) validateOsFields(spec, path, errors);
  checkFileVariables(spec, path, errors);
}
