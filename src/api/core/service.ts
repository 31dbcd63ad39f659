// SPDX-License-Identifier: Apache-2.0

import { nameIsDns1035Label } from "../../apimachinery/index.ts";
import { defaultService, dropFieldsOfOtherTypes, statusWarnings, warningsForService } from "./service-strategy.ts";
import { validateService, validateServiceStatus, validateServiceUpdate } from "./service-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import { formatLabels } from "../shared/labels-text.ts";
import type { Service } from "../generated/v1.35/core-v1.ts";

function loadBalancerText(service: Service): string {
  const addresses = new Set<string>();
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) {
    const address = ingress.ip || ingress.hostname;
    if (address) addresses.add(address);
  }
  return [...addresses].sort().join(",");
}

function externalIpText(service: Service): string {
  const external = service.spec?.externalIPs ?? [];
  switch (service.spec?.type) {
    case "ClusterIP":
    case "NodePort":
      return external.length > 0 ? external.join(",") : "<none>";
    case "LoadBalancer": {
      const addresses = loadBalancerText(service);
      const all = [...(addresses ? [addresses] : []), ...external];
      return all.length > 0 ? all.join(",") : "<pending>";
    }
    case "ExternalName":
      return service.spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}

function portsText(service: Service): string {
  const ports = service.spec?.ports ?? [];
  const texts = ports.map((port) =>
    port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`,
  );
  return texts.join(",") || "<none>";
}

/** Service. */
export const service = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  resource: "services",
  singular: "service",
  namespaced: true,
  shortNames: ["svc"],
  categories: ["all"],
  type: "io.k8s.api.core.v1.Service",
  validateName: nameIsDns1035Label,
  defaults: defaultService,
  prepareForUpdate: dropFieldsOfOtherTypes,
  validate: (service) => validateService(service, undefined),
  validateUpdate: validateServiceUpdate,
  updateChecks: ["metadata change", "change"],
  warnings: warningsForService,
  canonicalize({ spec }) {
    if (spec.type === "ExternalName") delete spec.internalTrafficPolicy;
  },
  allowCreateOnUpdate: true,
  returnDeletedObject: true,
  status: { validateUpdate: validateServiceStatus, warnings: statusWarnings },
  resetFields: [["status"]],
  selectableFields: {
    "spec.clusterIP": (service) => service.spec.clusterIP ?? "",
    "spec.type": (service) => service.spec.type ?? "",
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    {
      name: "Type",
      type: "string",
      description:
        'type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. "ClusterIP" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is "None", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. "NodePort" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. "LoadBalancer" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. "ExternalName" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
      cell: (o) => o.spec?.type ?? "",
    },
    {
      name: "Cluster-IP",
      type: "string",
      description:
        'clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are "None", empty string (""), or a valid IP address. Setting this to "None" makes a "headless service" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies',
      cell: (o) => o.spec?.clusterIP || "<none>",
    },
    {
      name: "External-IP",
      type: "string",
      description:
        "externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.",
      cell: (o) => externalIpText(o),
    },
    {
      name: "Port(s)",
      type: "string",
      description:
        "The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
      cell: (o) => portsText(o),
    },
    ageColumn,
    {
      name: "Selector",
      type: "string",
      description:
        "Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/",
      priority: 1,
      cell: (o) => formatLabels(o.spec?.selector),
    },
  ],
});
