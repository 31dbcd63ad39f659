// SPDX-License-Identifier: Apache-2.0

import { addedBeyond, seccompProfile } from "./baseline-checks.ts";
import { type Check, containersWith, hasUserNamespace, named, plural, quoted, settersOf } from "./finding.ts";

/** Windows has none of this: since 1.25 its pods say what they are. */
export const unlessWindows =
  (check: Check): Check =>
  (pod) =>
    pod.spec.os?.name === "windows" ? undefined : check(pod);

export const unlessUserNamespace =
  (check: Check): Check =>
  (pod) =>
    hasUserNamespace(pod) ? undefined : check(pod);

export const allowPrivilegeEscalation: Check = (pod) => {
  const names = containersWith(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named("container", names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const ADDABLE: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

export const capabilities: Check = (pod) => {
  const keeping = containersWith(
    pod,
    ({ securityContext }) => !securityContext?.capabilities?.drop?.some((capability) => capability === "ALL"),
  );
  const details = [
    keeping.length > 0
      ? `${named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]`
      : undefined,
    addedBeyond(pod, ADDABLE),
  ].filter((text) => text !== undefined);
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
] as const;
/** In the order in which a volume of several is called. */
const RESTRICTED_VOLUMES = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
] as const;

export const restrictedVolumes: Check = ({ spec }) => {
  const wrong = (spec.volumes ?? []).filter((volume) => VOLUMES.every((source) => !volume[source]));
  if (wrong.length === 0) return undefined;
  const types = wrong.map((volume) => RESTRICTED_VOLUMES.find((source) => volume[source]) ?? "unknown");
  const unique = [...new Set<string>(types)].sort();
  const names = wrong.map(({ name }) => name);
  const what = plural("restricted volume type", unique.length);
  return {
    reason: "restricted volume types",
    detail: `${named("volume", names)} ${names.length === 1 ? "uses" : "use"} ${what} ${quoted(unique)}`,
  };
};

export const runAsNonRoot: Check = (pod) => {
  const reason = "runAsNonRoot != true";
  const setters = settersOf(pod, (context) => context.runAsNonRoot === false);
  if (setters) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  if (pod.spec.securityContext?.runAsNonRoot) return undefined;
  const names = containersWith(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (names.length === 0) return undefined;
  return { reason, detail: `pod or ${named("container", names)} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = (pod) => {
  const setters = settersOf(pod, (context) => context.runAsUser === 0);
  return setters ? { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` } : undefined;
};

export const seccompProfileIsSet: Check = (pod) => {
  const wrong = seccompProfile(pod);
  if (wrong || pod.spec.securityContext?.seccompProfile) return wrong;
  const names = containersWith(pod, ({ securityContext }) => !securityContext?.seccompProfile);
  if (names.length === 0) return undefined;
  const types = '"RuntimeDefault" or "Localhost"';
  return {
    reason: "seccompProfile",
    detail: `pod or ${named("container", names)} must set securityContext.seccompProfile.type to ${types}`,
  };
};
