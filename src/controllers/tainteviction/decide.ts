// SPDX-License-Identifier: Apache-2.0

import type { Taint, Toleration } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { toleratesTaint } from "../../rules/index.ts";

/** How long a pod may stay on a node with these NoExecute taints. */
export type Stay = { readonly type: "forever" } | { readonly type: "for"; readonly ms: number };

const FOREVER: Stay = { type: "forever" };

/** Decides how long; not at all when some taint is not tolerated, else as long as the least patient toleration says. */
export function decideStay(
  taints: readonly DeepReadonly<Taint>[],
  tolerations: readonly DeepReadonly<Toleration>[],
): Stay {
  if (taints.length === 0) return FOREVER;
  let seconds = Number.POSITIVE_INFINITY;
  for (const taint of taints) {
    const covering = tolerations.find((toleration) => toleratesTaint(toleration, taint));
    if (!covering) return { type: "for", ms: 0 };
    if (covering.tolerationSeconds !== undefined) seconds = Math.min(seconds, Math.max(0, covering.tolerationSeconds));
  }
  return Number.isFinite(seconds) ? { type: "for", ms: seconds * 1_000 } : FOREVER;
}

/** The taints that drive pods away. */
export const noExecuteTaints = (taints: readonly DeepReadonly<Taint>[] | undefined): readonly DeepReadonly<Taint>[] =>
  (taints ?? []).filter(({ effect }) => effect === "NoExecute");
