// SPDX-License-Identifier: Apache-2.0

import { fieldError as field, type ObjectMeta } from "../../apimachinery/index.ts";
import type { AppArmorProfile, PodSpec, SeccompProfile } from "../generated/v1.35/core-v1.ts";
import type { Errors } from "../validation/checks.ts";
import { checkDescendingPath } from "./paths.ts";
import { visitContainers } from "./visit-containers.ts";

export const MIRROR_POD = "kubernetes.io/config.mirror";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
export const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
export const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
export const APP_ARMOR_CONTAINER = "container.apparmor.security.beta.kubernetes.io/";

const SECCOMP_DEFAULTS: ReadonlySet<string> = new Set(["runtime/default", "docker/default"]);
const LOCALHOST = "localhost/";
const UNCONFINED = "unconfined";
const RUNTIME_DEFAULT = "runtime/default";

type Annotations = Readonly<Record<string, string>>;

const MAX_INT32 = 2 ** 31 - 1;

/** The cost of deleting a pod: a 32-bit number, written without a sign or zeros before it. */
function isDeletionCost(text: string): boolean {
  if (!/^(?:0|-?[1-9]\d*)$/.test(text)) return false;
  const cost = Number(text);
  return cost <= MAX_INT32 && cost >= -MAX_INT32 - 1;
}

function checkSeccomp(profile: string, path: string, errors: Errors): void {
  if (SECCOMP_DEFAULTS.has(profile) || profile === UNCONFINED) return;
  if (profile.startsWith(LOCALHOST)) checkDescendingPath(profile.slice(LOCALHOST.length), path, errors);
  else errors.push(field.invalid(path, profile, "must be a valid seccomp profile"));
}

function hasContainer(spec: PodSpec, name: string): boolean {
  let found = false;
  visitContainers(spec, "", (container) => {
    if (container.name === name) found = true;
  });
  return found;
}

function checkAppArmor(key: string, profile: string, spec: PodSpec, path: string, errors: Errors): void {
  const name = key.slice(APP_ARMOR_CONTAINER.length);
  if (!hasContainer(spec, name)) errors.push(field.invalid(path, name, "container not found"));
  if (profile !== "" && profile !== RUNTIME_DEFAULT && profile !== UNCONFINED && !profile.startsWith(LOCALHOST))
    errors.push(field.invalid(path, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
}

/** Annotations that mean something to Kubernetes. */
export function validatePodAnnotations(
  annotations: Annotations | undefined,
  spec: PodSpec,
  path: string,
  errors: Errors,
): void {
  if (!annotations) return;
  const mirror = annotations[MIRROR_POD];
  if (mirror !== undefined && !spec.nodeName)
    errors.push(
      field.invalid(`${path}[${MIRROR_POD}]`, mirror, "must set spec.nodeName if mirror pod annotation is set"),
    );
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !isDeletionCost(cost))
    errors.push(field.invalid(`${path}[${DELETION_COST}]`, cost, "must be a 32bit integer"));
  const seccomp = annotations[SECCOMP_POD];
  if (seccomp !== undefined) checkSeccomp(seccomp, `${path}.${SECCOMP_POD}`, errors);
  for (const key in annotations)
    if (key.startsWith(SECCOMP_CONTAINER)) checkSeccomp(annotations[key]!, `${path}.${key}`, errors);
  for (const key in annotations)
    if (key.startsWith(APP_ARMOR_CONTAINER)) checkAppArmor(key, annotations[key]!, spec, `${path}[${key}]`, errors);
}

/** Annotations that may neither come, go nor change. */
export function validatePodAnnotationsUpdate(
  annotations: Annotations = {},
  old: Annotations = {},
  path: string,
  errors: Errors,
): void {
  for (const key in old) {
    if (annotations[key] === old[key]) continue;
    if (key.startsWith(APP_ARMOR_CONTAINER))
      errors.push(field.fieldForbidden(`${path}[${key}]`, "may not remove or update AppArmor annotations"));
    if (key === MIRROR_POD)
      errors.push(field.fieldForbidden(`${path}[${key}]`, "may not remove or update mirror pod annotation"));
  }
  for (const key in annotations) {
    if (Object.hasOwn(old, key)) continue;
    if (key.startsWith(APP_ARMOR_CONTAINER))
      errors.push(field.fieldForbidden(`${path}[${key}]`, "may not add AppArmor annotations"));
    if (key === MIRROR_POD) errors.push(field.fieldForbidden(`${path}[${key}]`, "may not add mirror pod annotation"));
  }
}

/** What an annotation must say to agree with a profile's field; undefined when it does. */
function disagreement(
  annotation: string,
  profile: SeccompProfile | AppArmorProfile,
  defaults: (text: string) => boolean,
): "type" | "localhostProfile" | undefined {
  switch (profile.type) {
    case "Unconfined":
      return annotation === UNCONFINED ? undefined : "type";
    case "RuntimeDefault":
      return defaults(annotation) ? undefined : "type";
    case "Localhost":
      if (!annotation.startsWith(LOCALHOST)) return "type";
      return annotation.slice(LOCALHOST.length) === profile.localhostProfile ? undefined : "localhostProfile";
    default:
      return undefined;
  }
}

function checkAgreement(
  what: "seccomp" | "apparmor",
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  path: string,
  errors: Errors,
): void {
  if (annotation === undefined || !profile) return;
  const isDefault = (text: string): boolean =>
    what === "seccomp" ? SECCOMP_DEFAULTS.has(text) : text === RUNTIME_DEFAULT;
  const wrong = disagreement(annotation, profile, isDefault);
  if (!wrong) return;
  const noun = wrong === "type" ? "type" : "profile";
  errors.push(field.fieldForbidden(`${path}.${wrong}`, `${what} ${noun} in annotation and field must match`));
}

/** Where an annotation and the field that replaced it are both given, they say the same. */
export function validateAnnotationsAgree(meta: ObjectMeta, spec: PodSpec, path: string, errors: Errors): void {
  const { annotations } = meta;
  if (!annotations) return;
  const context = spec.securityContext;
  checkAgreement(
    "seccomp",
    annotations[SECCOMP_POD],
    context?.seccompProfile,
    `${path}.securityContext.seccompProfile`,
    errors,
  );
  visitContainers(spec, path, (container, at) => {
    const profile = container.securityContext?.seccompProfile;
    const annotation = annotations[SECCOMP_CONTAINER + container.name];
    checkAgreement("seccomp", annotation, profile, `${at}.securityContext.seccompProfile`, errors);
  });
  if (spec.os?.name === "windows") return;
  visitContainers(spec, path, (container, at) => {
    const profile = container.securityContext?.appArmorProfile ?? context?.appArmorProfile;
    const annotation = annotations[APP_ARMOR_CONTAINER + container.name];
    checkAgreement("apparmor", annotation, profile, `${at}.securityContext.appArmorProfile`, errors);
  });
}
