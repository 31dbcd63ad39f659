// SPDX-License-Identifier: Apache-2.0

import { INGRESS_CLASS, validateIngress, validateIngressStatus, validateIngressUpdate } from "./ingress-validation.ts";
import { ipWarnings } from "../validation/ip.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Ingress } from "../generated/v1.35/networking-v1.ts";

const MAX_HOSTS = 3;

function hostsText(ingress: Ingress): string {
  const rules = ingress.spec?.rules ?? [];
  const hosts: string[] = [];
  let more = false;
  for (const rule of rules) {
    if (hosts.length === MAX_HOSTS) more = true;
    if (!more && rule.host) hosts.push(rule.host);
  }
  if (hosts.length === 0) return "*";
  return more ? `${hosts.join(",")} + ${rules.length - MAX_HOSTS} more...` : hosts.join(",");
}

function addressText(ingress: Ingress): string {
  const addresses = new Set<string>();
  for (const entry of ingress.status?.loadBalancer?.ingress ?? []) {
    const address = entry.ip || entry.hostname;
    if (address) addresses.add(address);
  }
  return [...addresses].sort().join(",");
}

/** Ingress. */
export const ingress = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  resource: "ingresses",
  singular: "ingress",
  namespaced: true,
  shortNames: ["ing"],
  type: "io.k8s.api.networking.v1.Ingress",
  validate: validateIngress,
  validateUpdate: validateIngressUpdate,
  updateChecks: ["metadata change", "metadata", "change"],
  warnings: ({ metadata, spec }, old) =>
    !old && metadata.annotations?.[INGRESS_CLASS] !== undefined && spec?.ingressClassName === undefined
      ? [`annotation "${INGRESS_CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  generation: true,
  status: {
    validateUpdate: validateIngressStatus,
    warnings: ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) =>
        ip ? ipWarnings(ip, `status.loadBalancer.ingress[${i}]`) : [],
      ),
  },
  resetFields: [["status"]],
  columns: [
    nameColumn,
    {
      name: "Class",
      type: "string",
      description: "The name of the IngressClass resource that should be used for additional configuration",
      cell: (o) => o.spec?.ingressClassName ?? "<none>",
    },
    {
      name: "Hosts",
      type: "string",
      description: "Hosts that incoming requests are matched against before the ingress rule",
      cell: (o) => hostsText(o),
    },
    {
      name: "Address",
      type: "string",
      description: "Address is a list containing ingress points for the load-balancer",
      cell: (o) => addressText(o),
    },
    {
      name: "Ports",
      type: "string",
      description: "Ports of TLS configurations that open",
      cell: (o) => (o.spec?.tls?.length ? "80, 443" : "80"),
    },
    ageColumn,
  ],
});
