// SPDX-License-Identifier: Apache-2.0

import { forbidden, formatTime, labelSelectorOf, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod, PodDisruptionBudget } from "../../api/index.ts";
import type { ResourceStores } from "../resource-store.ts";

const BUDGET = { group: "policy", resource: "poddisruptionbudget" };
/** Evictions that no controller has confirmed yet; beyond, something is wrong. */
const MAX_DISRUPTED_PODS = 2000;
const RETRY_SECONDS = 10;
const WOULD_VIOLATE = "Cannot evict pod as it would violate the pod's disruption budget.";

/** 429: try again later. */
function tooMany(cause: string | undefined, retryAfterSeconds: number): StatusError {
  return new StatusError({
    message: WOULD_VIOLATE,
    reason: "TooManyRequests",
    details: {
      ...(cause ? { causes: [{ reason: "DisruptionBudget", message: cause }] } : {}),
      ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
    },
    code: 429,
  });
}

/** 429 for a budget that its controller has not caught up with. */
export const stillProcessed = (name: string): StatusError =>
  tooMany(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);

/** The budgets that guard a pod. */
export async function budgetsOf(
  stores: ResourceStores,
  pod: DeepReadonly<Pod>,
): Promise<DeepReadonly<PodDisruptionBudget>[]> {
  const { labels, namespace = "" } = pod.metadata;
  const store = stores.find("policy", "poddisruptionbudgets");
  if (!store || Object.keys(labels ?? {}).length === 0) return [];
  const { items } = await store.list(namespace);
  return (items as unknown as DeepReadonly<PodDisruptionBudget>[]).filter(({ spec }) =>
    labelSelectorOf(spec?.selector as Parameters<typeof labelSelectorOf>[0]).matches(labels ?? {}),
  );
}

/** Whether a pod that is not ready may go although its budget allows no disruption. */
export function allowsUnhealthy({ spec, status }: DeepReadonly<PodDisruptionBudget>): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** Takes one disruption off a budget, or refuses. Changes the given copy. */
export function takeDisruption(budget: PodDisruptionBudget, podName: string, nowMs: number): void {
  const { name = "", generation = 0 } = budget.metadata;
  const status = budget.status;
  if (!status || (status.observedGeneration ?? 0) < generation) throw stillProcessed(name);
  const allowed = status.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(BUDGET, name, "pdb disruptions allowed is negative");
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(BUDGET, name, why);
  }
  if (allowed === 0) {
    throw tooMany(
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
      0,
    );
  }
  status.disruptionsAllowed = allowed - 1;
  status.disruptedPods = { ...status.disruptedPods, [podName]: formatTime(nowMs) };
  if (status.disruptionsAllowed === 0) markExhausted(budget, formatTime(nowMs));
}

function markExhausted({ status, metadata }: PodDisruptionBudget, now: string): void {
  const condition = status?.conditions?.find(({ type }) => type === "DisruptionAllowed");
  if (!condition) return;
  if (condition.status !== "False") condition.lastTransitionTime = now;
  condition.status = "False";
  condition.reason = "InsufficientPods";
  condition.message = "";
  condition.observedGeneration = metadata.generation;
}
