// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../types.ts";

const HOST_NAME_LENGTH_MAX = 63;

/** A pod's host name and, where it has a subdomain, its domain. */
export function podHostname(pod: Pod, clusterDomain: string): { readonly hostname: string; readonly domain: string } {
  const spec = pod.spec;
  if (spec?.hostnameOverride) return { hostname: spec.hostnameOverride, domain: "" };
  let hostname = spec?.hostname || pod.metadata?.name || "";
  if (hostname.length > HOST_NAME_LENGTH_MAX) hostname = hostname.slice(0, HOST_NAME_LENGTH_MAX).replace(/[-.]+$/, "");
  const domain = spec?.subdomain ? `${spec.subdomain}.${pod.metadata?.namespace}.svc.${clusterDomain}` : "";
  return { hostname, domain };
}

function aliasLines(pod: Pod): string {
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length === 0) return "";
  const lines = aliases.map((a) => `${a.ip}\t${(a.hostnames ?? []).join("\t")}\n`).join("");
  return `\n# Entries added by HostAliases.\n${lines}`;
}

/** The hosts file of a pod with a network of its own. */
export function podHostsFile(pod: Pod, ips: readonly string[], clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname;
  return (
    "# Kubernetes-managed hosts file.\n" +
    "127.0.0.1\tlocalhost\n" +
    "::1\tlocalhost ip6-localhost ip6-loopback\n" +
    "fe00::0\tip6-localnet\n" +
    "fe00::0\tip6-mcastprefix\n" +
    "fe00::1\tip6-allnodes\n" +
    "fe00::2\tip6-allrouters\n" +
    ips.map((ip) => `${ip}\t${names}\n`).join("") +
    aliasLines(pod)
  );
}

/** The hosts file of a pod in its node's network: the node's, and the pod's own aliases. */
export const hostNetworkHostsFile = (pod: Pod, nodeFile: string): string =>
  `# Kubernetes-managed hosts file (host network).\n${nodeFile}${aliasLines(pod)}`;
