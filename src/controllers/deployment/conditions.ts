// SPDX-License-Identifier: Apache-2.0

import type { DeploymentCondition } from "../../api/index.ts";
import { formatTime } from "../../apimachinery/index.ts";

type ConditionText = Pick<DeploymentCondition, "type" | "status" | "reason" | "message">;

/** The conditions of a deployment while they are being worked out, in the order in which they are written. */
export class DeploymentConditions {
  #conditions: DeploymentCondition[];
  readonly #now: string;

  constructor(conditions: readonly DeploymentCondition[], nowMs: number) {
    this.#conditions = [...conditions];
    this.#now = formatTime(nowMs);
  }

  get list(): readonly DeploymentCondition[] {
    return this.#conditions;
  }

  get(type: string): DeploymentCondition | undefined {
    return this.#conditions.find((condition) => condition.type === type);
  }

  remove(type: string): void {
    this.#conditions = this.#conditions.filter((condition) => condition.type !== type);
  }

  /** Sets a condition that says something new; one with the same status and reason stays as it is. */
  set(text: ConditionText): void {
    const current = this.get(text.type);
    if (current && current.status === text.status && current.reason === text.reason) return;
    this.#put(text, current);
  }

  /** Sets a condition even if it says what it said: its update time tells that something moved. */
  refresh(text: ConditionText): void {
    this.#put(text, this.get(text.type));
  }

  /** Takes over a condition of another object as it is. */
  copy(condition: DeploymentCondition): void {
    const current = this.get(condition.type);
    if (current && current.status === condition.status && current.reason === condition.reason) return;
    this.remove(condition.type);
    this.#conditions.push(condition);
  }

  #put(text: ConditionText, current: DeploymentCondition | undefined): void {
    const { type, status, reason, message } = text;
    const lastTransitionTime = current?.status === status ? current.lastTransitionTime : this.#now;
    this.remove(type);
    this.#conditions.push({ type, status, lastUpdateTime: this.#now, lastTransitionTime, reason, message });
  }
}
