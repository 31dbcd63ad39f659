// SPDX-License-Identifier: Apache-2.0

import type {
  CriImage,
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
  SupplementalGroupsPolicy,
} from "../cri.ts";
import { StartError } from "../pods/start-error.ts";
import type { Container, EphemeralContainer, Pod, PodSecurityContext, SecurityContext } from "../types.ts";

const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** A container's settings over its pod's. */
export function effectiveSecurityContext(pod: Pod, container: Container): SecurityContext {
  const p: PodSecurityContext = pod.spec?.securityContext ?? {};
  const c: SecurityContext = container.securityContext ?? {};
  return {
    ...c,
    seLinuxOptions: c.seLinuxOptions ?? p.seLinuxOptions,
    runAsUser: c.runAsUser ?? p.runAsUser,
    runAsGroup: c.runAsGroup ?? p.runAsGroup,
    runAsNonRoot: c.runAsNonRoot ?? p.runAsNonRoot,
    seccompProfile: c.seccompProfile ?? p.seccompProfile,
    appArmorProfile: c.appArmorProfile ?? p.appArmorProfile,
  };
}

type Profile = { readonly type: string; readonly localhostProfile?: string } | undefined;

function seccompProfile(profile: Profile, privileged: boolean, root: string): SecurityProfile {
  if (privileged || !profile || profile.type === "Unconfined") return { profileType: "Unconfined" };
  if (profile.type === "RuntimeDefault") return { profileType: "RuntimeDefault" };
  return { profileType: "Localhost", localhostRef: `${root}/seccomp/${profile.localhostProfile}` };
}

function apparmorProfile(profile: Profile): SecurityProfile | undefined {
  if (!profile) return undefined;
  if (profile.type === "Localhost") return { profileType: "Localhost", localhostRef: profile.localhostProfile };
  return { profileType: profile.type === "RuntimeDefault" ? "RuntimeDefault" : "Unconfined" };
}

/** Which namespaces a pod shares with its node, and its containers among them. */
export function namespaceOptions(pod: Pod): NamespaceOption {
  const spec = pod.spec;
  return {
    network: spec?.hostNetwork ? "NODE" : "POD",
    ipc: spec?.hostIPC ? "NODE" : "POD",
    pid: spec?.hostPID ? "NODE" : spec?.shareProcessNamespace ? "POD" : "CONTAINER",
  };
}

const groupsPolicy = (p: PodSecurityContext): SupplementalGroupsPolicy =>
  p.supplementalGroupsPolicy === "Strict" ? "Strict" : "Merge";

function supplementalGroups(p: PodSecurityContext): number[] {
  const groups = p.fsGroup === undefined ? [] : [p.fsGroup];
  return [...groups, ...(p.supplementalGroups ?? [])];
}

const wrapped = (value: number | undefined) => (value === undefined ? undefined : { value });

export function sandboxSecurityContext(pod: Pod, root: string): LinuxSandboxSecurityContext {
  const p: PodSecurityContext = pod.spec?.securityContext ?? {};
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: all.some((c) => c.securityContext?.privileged === true),
    // The sandbox runs nothing of the user's: the runtime's own profile fits.
    seccomp: p.seccompProfile ? seccompProfile(p.seccompProfile, false, root) : { profileType: "RuntimeDefault" },
    selinuxOptions: p.seLinuxOptions,
    runAsUser: wrapped(p.runAsUser),
    runAsGroup: p.runAsUser === undefined ? undefined : wrapped(p.runAsGroup),
    supplementalGroups: supplementalGroups(p),
    supplementalGroupsPolicy: groupsPolicy(p),
  };
}

/** Refuses a container that must not run as root and would, or might. */
export function verifyNonRoot(pod: Pod, container: Container, image: CriImage | undefined): void {
  const effective = effectiveSecurityContext(pod, container);
  if (!effective.runAsNonRoot) return;
  const m = pod.metadata;
  const where = `(pod: "${m?.name}_${m?.namespace}(${m?.uid})", container: ${container.name})`;
  const refuse = (why: string) => new StartError("CreateContainerConfigError", `${why} ${where}`);
  if (effective.runAsUser !== undefined) {
    if (effective.runAsUser === 0) throw refuse("container's runAsUser breaks non-root policy");
    return;
  }
  if (image?.username)
    throw new StartError(
      "CreateContainerConfigError",
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    );
  if (!image?.uid?.value) throw refuse("container has runAsNonRoot and image will run as root");
}

const isEphemeral = (container: Container): container is EphemeralContainer => "targetContainerName" in container;

export interface ContainerSecurityInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly image: CriImage | undefined;
  readonly root: string;
  /** The container whose processes an ephemeral one sees. */
  readonly targetId: string | undefined;
}

export function containerSecurityContext(input: ContainerSecurityInput): LinuxContainerSecurityContext {
  const { pod, container, image } = input;
  const p: PodSecurityContext = pod.spec?.securityContext ?? {};
  const effective = effectiveSecurityContext(pod, container);
  const privileged = effective.privileged === true;
  const unmasked = effective.procMount === "Unmasked" || privileged;
  const runAsUser = effective.runAsUser ?? image?.uid?.value;
  const namespaces = namespaceOptions(pod);
  return {
    privileged,
    readonlyRootfs: effective.readOnlyRootFilesystem === true,
    noNewPrivs: effective.allowPrivilegeEscalation === false,
    capabilities: effective.capabilities && {
      addCapabilities: effective.capabilities.add,
      dropCapabilities: effective.capabilities.drop,
    },
    namespaceOptions:
      isEphemeral(container) && input.targetId
        ? { ...namespaces, pid: "TARGET", targetId: input.targetId }
        : namespaces,
    selinuxOptions: effective.seLinuxOptions,
    runAsUser: image?.username && effective.runAsUser === undefined ? undefined : wrapped(runAsUser),
    runAsUsername: effective.runAsUser === undefined ? image?.username : undefined,
    runAsGroup: wrapped(effective.runAsGroup),
    supplementalGroups: supplementalGroups(p),
    supplementalGroupsPolicy: groupsPolicy(p),
    maskedPaths: unmasked ? [] : MASKED_PATHS,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: seccompProfile(effective.seccompProfile, privileged, input.root),
    apparmor: apparmorProfile(effective.appArmorProfile),
  };
}
