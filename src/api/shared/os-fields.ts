// SPDX-License-Identifier: Apache-2.0

import { fieldError as field } from "../../apimachinery/index.ts";
import type { PodSpec } from "../generated/v1.35/core-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { visitContainers } from "./visit-containers.ts";

const OPERATING_SYSTEMS = ["linux", "windows"];
const NOT_ON_WINDOWS = "cannot be set for a windows pod";
const NOT_ON_LINUX = "windows options cannot be set for a linux pod";

const CONTAINER_FIELDS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;

/** Fields of the pod that Windows has not: its own and those of its security context, in upstream's order. */
function podFields(spec: PodSpec): readonly (readonly [string, boolean])[] {
  const context = spec.securityContext ?? {};
  const within = (name: keyof typeof context): [string, boolean] => [
    `securityContext.${name}`,
    context[name] !== undefined,
  ];
  return [
    within("appArmorProfile"),
    within("seLinuxOptions"),
    ["hostUsers", spec.hostUsers !== undefined],
    ["hostPID", spec.hostPID === true],
    ["hostIPC", spec.hostIPC === true],
    within("seccompProfile"),
    within("fsGroup"),
    within("fsGroupChangePolicy"),
    ["securityContext.sysctls", (context.sysctls?.length ?? 0) > 0],
    ["shareProcessNamespace", spec.shareProcessNamespace !== undefined],
    within("runAsUser"),
    within("runAsGroup"),
    within("supplementalGroups"),
    within("supplementalGroupsPolicy"),
    within("seLinuxChangePolicy"),
  ];
}

function validateWindows(spec: PodSpec, path: string, errors: Errors): void {
  for (const [name, given] of podFields(spec))
    if (given) errors.push(field.fieldForbidden(`${path}.${name}`, NOT_ON_WINDOWS));
  visitContainers(spec, path, (container, at) => {
    for (const name of CONTAINER_FIELDS)
      if (container.securityContext?.[name] !== undefined)
        errors.push(field.fieldForbidden(`${at}.securityContext.${name}`, NOT_ON_WINDOWS));
  });
}

function validateLinux(spec: PodSpec, path: string, errors: Errors): void {
  if (spec.securityContext?.windowsOptions)
    errors.push(field.fieldForbidden(`${path}.securityContext.windowsOptions`, NOT_ON_LINUX));
  visitContainers(spec, path, (container, at) => {
    if (container.securityContext?.windowsOptions)
      errors.push(field.fieldForbidden(`${at}.securityContext.windowsOptions`, NOT_ON_LINUX));
  });
}

/** A pod that names its operating system sets nothing that the other one has. */
export function validateOsFields(spec: PodSpec, path: string, errors: Errors): void {
  const name = spec.os?.name;
  if (!name) errors.push(field.required(`${path}.os.name`));
  else if (!OPERATING_SYSTEMS.includes(name)) errors.push(field.notSupported(`${path}.os`, name, OPERATING_SYSTEMS));
  else if (name === "linux") validateLinux(spec, path, errors);
  else validateWindows(spec, path, errors);
}
