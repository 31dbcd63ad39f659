// SPDX-License-Identifier: Apache-2.0

import type { CustomResourceDefinition } from "../../api/index.ts";

/** Holds a definition until its objects are gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

type Condition = NonNullable<NonNullable<CustomResourceDefinition["status"]>["conditions"]>[number];

/** A condition without its time. */
export type ConditionText = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Sets a condition; its time is that of its last turn. */
export function withCondition(definition: CustomResourceDefinition, now: string, text: ConditionText): void {
  const conditions = [...(definition.status?.conditions ?? [])];
  const at = conditions.findIndex(({ type }) => type === text.type);
  const present = conditions[at];
  const lastTransitionTime =
    present?.status === text.status && present.lastTransitionTime ? present.lastTransitionTime : now;
  const { type, status, reason, message } = text;
  const condition: Condition = { type, status, lastTransitionTime, reason, message };
  if (at < 0) conditions.push(condition);
  else conditions[at] = condition;
  definition.status = { ...definition.status, conditions };
}

/** Whether a condition of that type says yes. */
export const isTrue = (definition: Pick<CustomResourceDefinition, "status">, wanted: string): boolean =>
  definition.status?.conditions?.some(({ type, status }) => type === wanted && status === "True") ?? false;
