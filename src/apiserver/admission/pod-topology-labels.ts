// SPDX-License-Identifier: Apache-2.0

import type { Binding, Pod } from "../../api/index.ts";
import type { KubeObject } from "../../apimachinery/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";

const TOPOLOGY_LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] as const;

/** The node that a pod or a binding names. */
function nodeNameOf({ object, resource, subresource }: AdmissionAttributes): string {
  if (subresource === "" && resource === "pods") return (object as Pod).spec.nodeName ?? "";
  const { target } = object as Binding;
  return target.kind === "" || target.kind === undefined || target.kind === "Node" ? (target.name ?? "") : "";
}

function copyLabels(object: KubeObject, nodeLabels: Readonly<Record<string, string>>): void {
  for (const key of TOPOLOGY_LABELS) {
    const value = nodeLabels[key];
    if (value !== undefined) (object.metadata.labels ??= {})[key] = value;
  }
}

/** A pod that is bound to a node carries the node's zone and region. */
export function podTopologyLabels(stores: ResourceStores): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    handles: ({ kind, operation, resource, subresource }) =>
      operation === "CREATE" &&
      kind.group === "" &&
      (resource === "pods" ? subresource === "" || subresource === "binding" : resource === "bindings"),
    admit(attributes) {
      const nodeName = nodeNameOf(attributes);
      if (!nodeName) return;
      const nodeLabels = stores.find("", "nodes")?.peekLabels("", nodeName);
      if (nodeLabels) copyLabels(attributes.object!, nodeLabels);
    },
  };
}
