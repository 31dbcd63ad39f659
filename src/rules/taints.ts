// SPDX-License-Identifier: Apache-2.0

import type { Taint, Toleration } from "../api/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";

type TaintLike = DeepReadonly<Pick<Taint, "key" | "effect" | "value">>;

const INTEGER = /^(0|-?[1-9]\d*)$/;

/** The operators of v1.35 that compare numbers (TaintTolerationComparisonOperators). */
function compares(toleration: DeepReadonly<Toleration>, taint: TaintLike): boolean {
  const [limit, value] = [toleration.value ?? "", taint.value ?? ""];
  if (!INTEGER.test(limit) || !INTEGER.test(value)) return false;
  return toleration.operator === "Gt" ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
}

/** Whether one toleration covers one taint. */
export function toleratesTaint(toleration: DeepReadonly<Toleration>, taint: TaintLike): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? "Equal") {
    case "":
    case "Equal":
      return (toleration.value ?? "") === (taint.value ?? "");
    case "Exists":
      return true;
    case "Gt":
    case "Lt":
      return compares(toleration, taint);
    default:
      return false;
  }
}

/** The first taint of the given effects that none of the tolerations covers. */
export const untoleratedTaint = (
  taints: readonly DeepReadonly<Taint>[],
  tolerations: readonly DeepReadonly<Toleration>[],
  effects: readonly string[],
): DeepReadonly<Taint> | undefined =>
  taints.find((taint) => effects.includes(taint.effect) && !tolerations.some((t) => toleratesTaint(t, taint)));

/** Two taints are the same one when key and effect are. */
export const sameTaint = (a: TaintLike, b: TaintLike): boolean => a.key === b.key && a.effect === b.effect;
