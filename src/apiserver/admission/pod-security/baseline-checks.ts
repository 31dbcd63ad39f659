// SPDX-License-Identifier: Apache-2.0

import { goQuote } from "../../../apimachinery/index.ts";
import {
  type AnyContainer,
  type Check,
  containersOf,
  containersWith,
  type Finding,
  hasUserNamespace,
  named,
  plural,
  type PodForm,
  quoted,
  settersOf,
} from "./finding.ts";

const APP_ARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/";

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

const isUsualProfile = (type: string): boolean => type === "RuntimeDefault" || type === "Localhost";

const isUsualAppArmor = (value: string): boolean =>
  value === "" || value === "runtime/default" || value.startsWith("localhost/");

export const appArmorProfile: Check = (pod) => {
  const values = new Set<string>();
  const setters = settersOf(pod, ({ appArmorProfile: profile }) => {
    if (!profile || isUsualProfile(profile.type)) return false;
    values.add(profile.type);
    return true;
  });
  const annotations = Object.entries(pod.annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR_ANNOTATION) && !isUsualAppArmor(value))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .sort();
  if (!setters && annotations.length === 0) return undefined;
  const all = [...sorted(values), ...annotations];
  const who = [setters, annotations.length > 0 ? plural("annotation", annotations.length) : undefined];
  return {
    reason: plural("forbidden AppArmor profile", all.length),
    detail: `${who.filter(Boolean).join(" and ")} must not set AppArmor profile type to ${quoted(all)}`,
  };
};

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** A sentence about capabilities beyond those that may be added; undefined where none is. */
export function addedBeyond(pod: PodForm, allowed: ReadonlySet<string>): string | undefined {
  const found = new Set<string>();
  const names = containersWith(pod, ({ securityContext }) => {
    const added = (securityContext?.capabilities?.add ?? []).filter((capability) => !allowed.has(capability));
    for (const capability of added) found.add(capability);
    return added.length > 0;
  });
  if (names.length === 0) return undefined;
  return `${named("container", names)} must not include ${quoted(sorted(found))} in securityContext.capabilities.add`;
}

export const capabilities: Check = (pod) => {
  const detail = addedBeyond(pod, DEFAULT_CAPABILITIES);
  return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
};

export const hostNamespaces: Check = ({ spec }) => {
  const used = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]);
  if (used.length === 0) return undefined;
  return { reason: "host namespaces", detail: used.map((field) => `${field}=true`).join(", ") };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return names.length === 0 ? undefined : { reason: "hostPath volumes", detail: named("volume", names) };
};

export const hostPorts: Check = (pod) => {
  const found = new Set<string>();
  const names = containersWith(pod, ({ ports }) => {
    const used = (ports ?? []).filter(({ hostPort }) => hostPort);
    for (const { hostPort } of used) found.add(String(hostPort));
    return used.length > 0;
  });
  if (names.length === 0) return undefined;
  const uses = names.length === 1 ? "uses" : "use";
  const list = sorted(found);
  return {
    reason: "hostPort",
    detail: `${named("container", names)} ${uses} ${plural("hostPort", list.length)} ${list.join(", ")}`,
  };
};

/** Hosts that probes and hooks of a container speak to instead of the pod. */
function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop];
  return handlers.flatMap((handler) =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host): host is string => !!host),
  );
}

export const hostProbes: Check = (pod) => {
  const hosts = sorted(containersOf(pod).flatMap(hostsOf));
  if (hosts.length === 0) return undefined;
  const names = sorted(containersWith(pod, (container) => hostsOf(container).length > 0));
  const what = plural("probe or lifecycle host", hosts.length);
  return {
    reason: "probe or lifecycle host",
    detail: `${named("container", names)} ${names.length === 1 ? "uses" : "use"} ${what} ${quoted(hosts)}`,
  };
};

export const privileged: Check = (pod) => {
  const names = containersWith(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return { reason: "privileged", detail: `${named("container", names)} must not set securityContext.privileged=true` };
};

export const procMount: Check = (pod) => {
  const found = new Set<string>();
  const names = containersWith(pod, ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === "Default") return false;
    found.add(type);
    return true;
  });
  if (names.length === 0) return undefined;
  const types = quoted(sorted(found));
  return {
    reason: "procMount",
    detail: `${named("container", names)} must not set securityContext.procMount to ${types}`,
  };
};

export const procMountOrUserNamespace: Check = (pod) => (hasUserNamespace(pod) ? undefined : procMount(pod));

export const seLinuxOptions =
  (...types: readonly string[]): Check =>
  (pod) => {
    const found = new Set<string>();
    const others = new Set<string>();
    const setters = settersOf(pod, ({ seLinuxOptions: options }) => {
      const { type = "", user, role } = options ?? {};
      if (type && !types.includes(type)) found.add(type);
      if (user) others.add("user may not be set");
      if (role) others.add("role may not be set");
      return !!(user || role || (type && !types.includes(type)));
    });
    if (!setters) return undefined;
    const wrong = [
      ...(found.size > 0 ? [named("type", sorted(found))] : []),
      ...["user may not be set", "role may not be set"].filter((text) => others.has(text)),
    ];
    return {
      reason: "seLinuxOptions",
      detail: `${setters} set forbidden securityContext.seLinuxOptions: ${wrong.join("; ")}`,
    };
  };

const isUsualSeccomp = (value: string): boolean =>
  value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");

/** Before there was a field for it. */
export const seccompAnnotations: Check = (pod) => {
  const keys = [
    SECCOMP_POD_ANNOTATION,
    ...containersOf(pod).map(({ name }) => `${SECCOMP_CONTAINER_ANNOTATION}${name}`),
  ];
  const forbidden = keys.flatMap((key) => {
    const value = pod.annotations[key];
    return value === undefined || isUsualSeccomp(value) ? [] : [`${key}=${goQuote(value)}`];
  });
  if (forbidden.length === 0) return undefined;
  const list = sorted(forbidden);
  return { reason: "seccompProfile", detail: `forbidden ${plural("annotation", list.length)} ${list.join(", ")}` };
};

export const seccompProfile = (pod: PodForm): Finding | undefined => {
  const found = new Set<string>();
  const setters = settersOf(pod, ({ seccompProfile: profile }) => {
    if (!profile || isUsualProfile(profile.type)) return false;
    found.add(profile.type);
    return true;
  });
  if (!setters) return undefined;
  const types = quoted(sorted(found));
  return {
    reason: "seccompProfile",
    detail: `${setters} must not set securityContext.seccompProfile.type to ${types}`,
  };
};

export const sysctls =
  (...allowed: readonly string[]): Check =>
  ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
    const forbidden = names.filter((name) => !allowed.includes(name));
    return forbidden.length === 0 ? undefined : { reason: "forbidden sysctls", detail: forbidden.join(", ") };
  };

export const windowsHostProcess: Check = (pod) => {
  const names = containersWith(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  const isOfPod = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const setters = [...(isOfPod ? ["pod"] : []), ...(names.length > 0 ? [named("container", names)] : [])];
  if (setters.length === 0) return undefined;
  return {
    reason: "hostProcess",
    detail: `${setters.join(" and ")} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};
