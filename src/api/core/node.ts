// SPDX-License-Identifier: Apache-2.0

import { roundToMilli } from "../shared/resources.ts";
import { validateNode, validateNodeUpdate } from "./node-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { ageColumn, nameColumn } from "../shared/columns.ts";
import type { Node, NodeSpec } from "../generated/v1.35/core-v1.ts";

const ROLE_PREFIX = "node-role.kubernetes.io/";

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  const text = !ready ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return node.spec?.unschedulable ? `${text},SchedulingDisabled` : text;
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return [...roles].sort().join(",") || "<none>";
}

const addressText = (node: Node, type: string): string =>
  node.status?.addresses?.find((address) => address.type === type)?.address ?? "<none>";

/** The range of old clients, and the ranges of each family: the first of them is the old one. */
function mergePodCidrs(spec: NodeSpec): void {
  if (spec.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR];
  else if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
}

/** What is gone. */
function dropOldFields(node: Node): void {
  delete node.spec.configSource;
  delete node.status?.config;
}

const warningsForNode = ({ spec }: Node): string[] =>
  spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : [];

/** Node. */
export const node = defineKind<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  resource: "nodes",
  singular: "node",
  namespaced: false,
  shortNames: ["no"],
  type: "io.k8s.api.core.v1.Node",
  statusOnCreate: true,
  defaults(node) {
    mergePodCidrs(node.spec);
    const { status } = node;
    if (!status) return;
    if (!status.allocatable && status.capacity) status.allocatable = { ...status.capacity };
    roundToMilli(status.capacity);
    roundToMilli(status.allocatable);
  },
  prepareForCreate(node) {
    dropOldFields(node);
    delete node.status?.declaredFeatures;
  },
  prepareForUpdate: dropOldFields,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: warningsForNode,
  updateChecks: ["metadata", "object", "metadata change", "change"],
  status: { prepareForUpdate: dropOldFields, validateUpdate: validateNodeUpdate },
  resetFields: [["status"]],
  selectableFields: {
    "spec.unschedulable": (node) => String(node.spec.unschedulable ?? false),
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "The status of the node",
      cell: (o) => statusText(o),
    },
    {
      name: "Roles",
      type: "string",
      description: "The roles of the node",
      cell: (o) => rolesText(o),
    },
    ageColumn,
    {
      name: "Version",
      type: "string",
      description: "Kubelet Version reported by the node.",
      cell: (o) => o.status?.nodeInfo?.kubeletVersion ?? "",
    },
    {
      name: "Internal-IP",
      type: "string",
      description:
        "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).",
      priority: 1,
      cell: (o) => addressText(o, "InternalIP"),
    },
    {
      name: "External-IP",
      type: "string",
      description:
        "List of addresses reachable to the node. Queried from cloud provider, if available. More info: https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).",
      priority: 1,
      cell: (o) => addressText(o, "ExternalIP"),
    },
    {
      name: "OS-Image",
      type: "string",
      description: "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).",
      priority: 1,
      cell: (o) => o.status?.nodeInfo?.osImage || "<unknown>",
    },
    {
      name: "Kernel-Version",
      type: "string",
      description: "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).",
      priority: 1,
      cell: (o) => o.status?.nodeInfo?.kernelVersion || "<unknown>",
    },
    {
      name: "Container-Runtime",
      type: "string",
      description:
        "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
      priority: 1,
      cell: (o) => o.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
    },
  ],
});
