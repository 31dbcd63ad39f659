// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Container, Pod } from "../../api/index.ts";
import { NO_RULES, type HostPort, type IpFamily, type Protocol, type ServiceRules } from "./service-rules.ts";

/** What a pod of this node with host ports wants from the kernel. */
export function rulesOfPod(pod: DeepReadonly<Pod>, options: { readonly family: IpFamily }): ServiceRules {
  const { spec, status } = pod;
  const address = podAddresses(pod).find((candidate) => candidate.includes(":") === (options.family === "ipv6"));
  const hasEnded = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (!spec || spec.hostNetwork || hasEnded || address === undefined) return NO_RULES;
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  const hostPorts = [...spec.containers, ...sidecars].flatMap((container) => hostPortsOf(container, address));
  return hostPorts.length === 0 ? NO_RULES : { ...NO_RULES, hostPorts };
}

function podAddresses({ status }: DeepReadonly<Pod>): string[] {
  const listed = (status?.podIPs ?? []).map(({ ip }) => ip ?? "");
  return [...listed, status?.podIP ?? ""].filter((address) => address !== "");
}

/** Addresses that mean any address. */
const ANY = new Set(["", "0.0.0.0", "::"]);

function hostPortsOf(container: DeepReadonly<Container>, podAddress: string): HostPort[] {
  const ports: HostPort[] = [];
  for (const { hostPort, hostIP = "", containerPort, protocol = "TCP" } of container.ports ?? []) {
    if (!hostPort || (!ANY.has(hostIP) && hostIP.includes(":") !== podAddress.includes(":"))) continue;
    ports.push({
      address: ANY.has(hostIP) ? undefined : hostIP,
      protocol: protocol.toLowerCase() as Protocol,
      port: hostPort,
      backend: { address: podAddress, port: containerPort, isLocalPod: true },
    });
  }
  return ports;
}
