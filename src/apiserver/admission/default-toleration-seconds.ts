// SPDX-License-Identifier: Apache-2.0

import type { Pod, Toleration } from "../../api/index.ts";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import { isWriteTo } from "./attributes.ts";

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const DEFAULT_TOLERATION_SECONDS = 300;

const tolerates = (tolerations: readonly Toleration[], taint: string): boolean =>
  tolerations.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === "NoExecute"));

/** A pod stays five minutes on a node that is lost, unless it says otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: (attributes) => isWriteTo(attributes, "", "pods", "CREATE", "UPDATE"),
  admit({ object }) {
    const { spec } = object as Pod;
    const tolerations = spec.tolerations ?? [];
    const missing = [NOT_READY, UNREACHABLE].filter((taint) => !tolerates(tolerations, taint));
    if (missing.length === 0) return;
    spec.tolerations = [
      ...tolerations,
      ...missing.map((key) => ({
        key,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: DEFAULT_TOLERATION_SECONDS,
      })),
    ];
  },
};
