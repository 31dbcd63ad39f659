// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, labelSelectorOf } from "../apimachinery/index.ts";
import type { PodDisruptionBudget } from "../api/index.ts";
import type { PodInfo } from "./pod-info.ts";

export type Budgets = Iterable<DeepReadonly<PodDisruptionBudget>>;

interface Allowance {
  readonly budget: DeepReadonly<PodDisruptionBudget>;
  readonly selector: ReturnType<typeof labelSelectorOf>;
  left: number;
}

/** Whether evicting the pod, after those before it, goes over a budget. */
function violates(pod: PodInfo, allowances: readonly Allowance[]): boolean {
  let violated = false;
  for (const allowance of allowances) {
    const { budget, selector } = allowance;
    if (budget.metadata.namespace !== pod.namespace || !selector.matches(pod.labels)) continue;
    // The API server counted this eviction already.
    if (budget.status?.disruptedPods && Object.hasOwn(budget.status.disruptedPods, pod.name)) continue;
    allowance.left--;
    if (allowance.left < 0) violated = true;
  }
  return violated;
}

/** Splits pods, in order, by whether evicting them would go over a disruption budget. */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: Budgets,
): { readonly violating: readonly PodInfo[]; readonly harmless: readonly PodInfo[] } {
  const allowances: Allowance[] = [];
  for (const budget of budgets) {
    const selector = labelSelectorOf(budget.spec?.selector);
    // A budget whose selector is absent or empty protects nothing here.
    if (selector.nothing || selector.matchesEverything) continue;
    allowances.push({ budget, selector, left: budget.status?.disruptionsAllowed ?? 0 });
  }
  const violating: PodInfo[] = [];
  const harmless: PodInfo[] = [];
  for (const pod of pods) (violates(pod, allowances) ? violating : harmless).push(pod);
  return { violating, harmless };
}
