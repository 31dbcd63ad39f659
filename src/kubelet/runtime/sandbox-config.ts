// SPDX-License-Identifier: Apache-2.0

import type { PodSandboxConfig, PortMapping } from "../cri.ts";
import { podDns, type NodeDns } from "../network/dns-config.ts";
import { podHostname } from "../network/hosts-file.ts";
import type { CgroupPort } from "../ports.ts";
import type { Pod } from "../types.ts";
import { sandboxAnnotations, sandboxLabels } from "./labels.ts";
import { podCgroupName } from "./resources.ts";
import { sandboxSecurityContext } from "./security-context.ts";

export interface SandboxContext {
  readonly pod: Pod;
  readonly attempt: number;
  readonly dns: NodeDns;
  readonly cgroups: Pick<CgroupPort, "runtimeName">;
  readonly podLogsDirectory: string;
  readonly rootDirectory: string;
  /** When the kubelet first saw the pod. */
  readonly seen: string;
}

/** Where the logs of a pod's containers lie. */
export const podLogDirectory = (root: string, pod: Pod): string =>
  `${root}/${pod.metadata?.namespace}_${pod.metadata?.name}_${pod.metadata?.uid}`;

function portMappings(pod: Pod): PortMapping[] {
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === "Always"),
  ];
  return containers.flatMap((c) =>
    (c.ports ?? []).map((p) => ({
      protocol: (p.protocol ?? "TCP") as PortMapping["protocol"],
      containerPort: p.containerPort,
      hostPort: p.hostPort ?? 0,
      hostIp: p.hostIP ?? "",
    })),
  );
}

/** What the runtime needs to make a pod's sandbox. */
export function sandboxConfig(context: SandboxContext): PodSandboxConfig {
  const { pod } = context;
  const m = pod.metadata;
  const { hostname, domain } = podHostname(pod, context.dns.clusterDomain);
  const full = pod.spec?.setHostnameAsFQDN && domain ? `${hostname}.${domain}` : hostname;
  return {
    metadata: { name: m?.name ?? "", namespace: m?.namespace ?? "", uid: m?.uid ?? "", attempt: context.attempt },
    // In the node's network a pod has the node's name, which runtimes refuse to be told.
    ...(pod.spec?.hostNetwork ? {} : { hostname: full }),
    logDirectory: podLogDirectory(context.podLogsDirectory, pod),
    dnsConfig: podDns(pod, context.dns),
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: sandboxAnnotations(pod, context.seen),
    linux: {
      cgroupParent: context.cgroups.runtimeName(podCgroupName(pod)),
      securityContext: sandboxSecurityContext(pod, context.rootDirectory),
      sysctls: Object.fromEntries((pod.spec?.securityContext?.sysctls ?? []).map((s) => [s.name, s.value])),
    },
  };
}
