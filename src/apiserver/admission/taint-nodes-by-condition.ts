// SPDX-License-Identifier: Apache-2.0

import type { Node } from "../../api/index.ts";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import { isWriteTo } from "./attributes.ts";

const NOT_READY = "node.kubernetes.io/not-ready";

/** A new node takes no pods before the node life cycle has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  handles: (attributes) => isWriteTo(attributes, "", "nodes", "CREATE"),
  admit({ object }) {
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY && effect === "NoSchedule")) return;
    node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: "NoSchedule" }] };
  },
};
