// SPDX-License-Identifier: Apache-2.0

import * as baseline from "./baseline-checks.ts";
import type { Check, Finding, PodForm } from "./finding.ts";
import type { LevelVersion } from "./policy.ts";
import * as restricted from "./restricted-checks.ts";

/** The minor version that "latest" means, and every later one. */
const SERVED_MINOR = 35;

/** A thing that is looked at, from some versions on in other ways. */
interface VersionedCheck {
  /** First minor version and the check from then on, in order. */
  readonly versions: readonly (readonly [since: number, check: Check])[];
  /** The baseline check that a restricted one stands for. */
  readonly overrides?: string;
}

const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const SYSCTLS_27 = [...SYSCTLS, "net.ipv4.ip_local_reserved_ports"];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const SYSCTLS_32 = [...SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
const SE_LINUX_TYPES = ["container_t", "container_init_t", "container_kvm_t"];

/** In the order in which findings are told. */
const BASELINE: Readonly<Record<string, VersionedCheck>> = {
  appArmorProfile: { versions: [[0, baseline.appArmorProfile]] },
  capabilities: { versions: [[0, baseline.capabilities]] },
  hostNamespaces: { versions: [[0, baseline.hostNamespaces]] },
  hostPathVolumes: { versions: [[0, baseline.hostPathVolumes]] },
  hostPorts: { versions: [[0, baseline.hostPorts]] },
  hostProbes: { versions: [[34, baseline.hostProbes]] },
  privileged: { versions: [[0, baseline.privileged]] },
  procMount: {
    versions: [
      [0, baseline.procMount],
      [35, baseline.procMountOrUserNamespace],
    ],
  },
  seLinuxOptions: {
    versions: [
      [0, baseline.seLinuxOptions(...SE_LINUX_TYPES)],
      [31, baseline.seLinuxOptions(...SE_LINUX_TYPES, "container_engine_t")],
    ],
  },
  seccompProfile: {
    versions: [
      [0, baseline.seccompAnnotations],
      [19, baseline.seccompProfile],
    ],
  },
  sysctls: {
    versions: [
      [0, baseline.sysctls(...SYSCTLS)],
      [27, baseline.sysctls(...SYSCTLS_27)],
      [29, baseline.sysctls(...SYSCTLS_29)],
      [32, baseline.sysctls(...SYSCTLS_32)],
    ],
  },
  windowsHostProcess: { versions: [[0, baseline.windowsHostProcess]] },
};

const RESTRICTED: readonly VersionedCheck[] = [
  {
    versions: [
      [8, restricted.allowPrivilegeEscalation],
      [25, restricted.unlessWindows(restricted.allowPrivilegeEscalation)],
    ],
  },
  {
    overrides: "capabilities",
    versions: [
      [22, restricted.capabilities],
      [25, restricted.unlessWindows(restricted.capabilities)],
    ],
  },
  { overrides: "procMount", versions: [[35, baseline.procMount]] },
  { overrides: "hostPathVolumes", versions: [[0, restricted.restrictedVolumes]] },
  {
    versions: [
      [0, restricted.runAsNonRoot],
      [35, restricted.unlessUserNamespace(restricted.runAsNonRoot)],
    ],
  },
  {
    versions: [
      [23, restricted.runAsUser],
      [35, restricted.unlessUserNamespace(restricted.runAsUser)],
    ],
  },
  {
    overrides: "seccompProfile",
    versions: [
      [19, restricted.seccompProfileIsSet],
      [25, restricted.unlessWindows(restricted.seccompProfileIsSet)],
    ],
  },
];

const checkAt = ({ versions }: VersionedCheck, minor: number): Check | undefined =>
  versions.findLast(([since]) => since <= minor)?.[1];

function checksOf({ level, minor }: LevelVersion): Check[] {
  const at = minor === "latest" ? SERVED_MINOR : Math.min(minor, SERVED_MINOR);
  const found = (checks: readonly VersionedCheck[]) =>
    checks.map((check) => checkAt(check, at)).filter((check) => check !== undefined);
  if (level === "baseline") return found(Object.values(BASELINE));
  const active = RESTRICTED.filter((check) => checkAt(check, at));
  const overridden = new Set(active.map(({ overrides }) => overrides));
  const kept = Object.entries(BASELINE).filter(([id]) => !overridden.has(id));
  return [...found(kept.map(([, check]) => check)), ...found(active)];
}

/** What keeps a pod from fitting a level; empty when it fits. */
export function findingsOf(pod: PodForm, levelVersion: LevelVersion): Finding[] {
  if (levelVersion.level === "privileged") return [];
  return checksOf(levelVersion)
    .map((check) => check(pod))
    .filter((finding) => finding !== undefined);
}

/** `privileged (container "a" must not …), hostPort (…)` */
export const detailsText = (findings: readonly Finding[]): string =>
  findings.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(", ");

export const reasonsText = (findings: readonly Finding[]): string => findings.map(({ reason }) => reason).join(", ");
