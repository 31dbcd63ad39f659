// SPDX-License-Identifier: Apache-2.0

import { byteLength, fieldError as field, idErrors } from "../../apimachinery/index.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from "../generated/v1.35/core-v1.ts";
import { checkSupported, type Errors, pushInvalid } from "../validation/checks.ts";
import { internalForm } from "../validation/internal-form.ts";
import { checkDescendingPath } from "./paths.ts";
import { validateWindowsOptions } from "./windows-options.ts";

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];
const FS_GROUP_CHANGE_POLICIES = ["Always", "OnRootMismatch"];
const SUPPLEMENTAL_GROUPS_POLICIES = ["Merge", "Strict"];
const PROC_MOUNTS = ["Default", "Unmasked"];
const MAX_APP_ARMOR_PROFILE_LENGTH = 4095;
const MAX_SYSCTL_LENGTH = 253;
const SYSCTL = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const SYSCTL_REGEX = new RegExp(SYSCTL);

function validateSeccompProfile(profile: SeccompProfile | undefined, path: string, errors: Errors): void {
  if (!profile) return;
  if (!profile.type) errors.push(field.required(`${path}.type`, "type is required when seccompProfile is set"));
  else checkSupported(profile.type, `${path}.type`, PROFILE_TYPES, errors);
  const at = `${path}.localhostProfile`;
  if (profile.type === "Localhost") {
    if (profile.localhostProfile === undefined)
      errors.push(field.required(at, "must be set when seccomp type is Localhost"));
    else checkDescendingPath(profile.localhostProfile, at, errors);
  } else if (profile.localhostProfile !== undefined)
    errors.push(
      field.invalid(at, internalForm("SeccompProfile", profile), "can only be set when seccomp type is Localhost"),
    );
}

const LOCALHOST_REQUIRED = "must be set when AppArmor type is Localhost";

function validateLocalAppArmorProfile(profile: string | undefined, path: string, errors: Errors): void {
  if (profile === undefined) {
    errors.push(field.required(path, LOCALHOST_REQUIRED));
    return;
  }
  if (profile.trim() !== profile) errors.push(field.invalid(path, profile, "must not be padded with whitespace"));
  else if (profile === "") errors.push(field.required(path, LOCALHOST_REQUIRED));
  if (byteLength(profile) > MAX_APP_ARMOR_PROFILE_LENGTH)
    errors.push(field.tooLong(path, MAX_APP_ARMOR_PROFILE_LENGTH));
}

function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: string, errors: Errors): void {
  if (!profile) return;
  const at = `${path}.localhostProfile`;
  switch (profile.type) {
    case "Localhost":
      validateLocalAppArmorProfile(profile.localhostProfile, at, errors);
      break;
    case "RuntimeDefault":
    case "Unconfined":
      if (profile.localhostProfile !== undefined)
        errors.push(field.invalid(at, profile.localhostProfile, "can only be set when AppArmor type is Localhost"));
      break;
    default:
      if (!profile.type) errors.push(field.required(`${path}.type`, "type is required when appArmorProfile is set"));
      else errors.push(field.notSupported(`${path}.type`, profile.type, PROFILE_TYPES));
  }
}

const IPC_SYSCTLS = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/** A sysctl of a namespace that the pod shares with the host; names may be written with slashes. */
function sharedNamespaceMessage(sysctl: string, spec: PodSpec): string | undefined {
  const separator = sysctl.search(/[./]/);
  const name = separator >= 0 && sysctl[separator] === "/" ? swapSeparators(sysctl) : sysctl;
  if (spec.hostNetwork && name.startsWith("net.")) return "may not be specified when 'hostNetwork' is true";
  const isIpc = name === "kernel.sem" || IPC_SYSCTLS.some((prefix) => name.startsWith(prefix));
  return spec.hostIPC && isIpc ? "may not be specified when 'hostIPC' is true" : undefined;
}

const swapSeparators = (name: string): string => name.replace(/[./]/g, (c) => (c === "/" ? "." : "/"));

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: string, errors: Errors): void {
  const names = new Set<string>();
  for (const [i, { name }] of sysctls.entries()) {
    const at = `${path}[${i}].name`;
    if (!name) errors.push(field.required(at));
    else if (name.length > MAX_SYSCTL_LENGTH || !SYSCTL_REGEX.test(name))
      errors.push(
        field.invalid(at, name, `must have at most ${MAX_SYSCTL_LENGTH} characters and match regex ${SYSCTL}`),
      );
    else if (names.has(name)) errors.push(field.duplicate(at, name));
    const shared = sharedNamespaceMessage(name ?? "", spec);
    if (shared) errors.push(field.invalid(at, name, shared));
    names.add(name);
  }
}

/** Runs one check of a user or group id where there is one. */
function checkId(id: number | undefined, path: string, errors: Errors): void {
  if (id !== undefined) pushInvalid(idErrors(id), id, path, errors);
}

/** The security context of the whole pod. */
export function validatePodSecurityContext(
  context: PodSecurityContext,
  spec: PodSpec,
  path: string,
  errors: Errors,
): void {
  checkId(context.fsGroup, `${path}.fsGroup`, errors);
  checkId(context.runAsUser, `${path}.runAsUser`, errors);
  checkId(context.runAsGroup, `${path}.runAsGroup`, errors);
  if (context.supplementalGroups)
    for (const [i, id] of context.supplementalGroups.entries()) checkId(id, `${path}.supplementalGroups[${i}]`, errors);
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(
      field.invalid(`${path}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled"),
    );
  if (context.sysctls) validateSysctls(context.sysctls, spec, `${path}.sysctls`, errors);
  if (context.fsGroupChangePolicy !== undefined)
    checkSupported(context.fsGroupChangePolicy, `${path}.fsGroupChangePolicy`, FS_GROUP_CHANGE_POLICIES, errors);
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors);
  validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors);
  if (context.supplementalGroupsPolicy !== undefined)
    checkSupported(
      context.supplementalGroupsPolicy,
      `${path}.supplementalGroupsPolicy`,
      SUPPLEMENTAL_GROUPS_POLICIES,
      errors,
    );
  if (context.seLinuxChangePolicy !== undefined)
    checkSupported(context.seLinuxChangePolicy, `${path}.seLinuxChangePolicy`, ["Recursive"], errors);
}

function checkNoEscalation(context: SecurityContext, path: string, errors: Errors): void {
  if (context.allowPrivilegeEscalation !== false) return;
  const refuse = (message: string): number =>
    errors.push(field.invalid(path, internalForm("SecurityContext", context), message));
  if (context.privileged) refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  for (const capability of context.capabilities?.add ?? [])
    if (capability === "CAP_SYS_ADMIN")
      refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
}

/** The security context of one container. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: string,
  errors: Errors,
): void {
  if (!context) return;
  checkId(context.runAsUser, `${path}.runAsUser`, errors);
  checkId(context.runAsGroup, `${path}.runAsGroup`, errors);
  if (context.procMount !== undefined) {
    const at = `${path}.procMount`;
    checkSupported(context.procMount, at, PROC_MOUNTS, errors);
    if (hostUsers && context.procMount === "Unmasked")
      errors.push(field.invalid(at, context.procMount, "`hostUsers` must be false to use `Unmasked`"));
  }
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors);
  checkNoEscalation(context, path, errors);
  validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors);
}
