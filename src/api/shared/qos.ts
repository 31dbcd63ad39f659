// SPDX-License-Identifier: Apache-2.0

import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantitySign,
} from "../../apimachinery/index.ts";
import type { PodSpec } from "../generated/v1.35/core-v1.ts";

const COMPUTE = ["cpu", "memory"] as const;

type Totals = Partial<Record<(typeof COMPUTE)[number], Quantity>>;
type Amounts = Readonly<Record<string, string>> | undefined;

/** Adds what is above zero; answers whether both cpu and memory were. */
function addCompute(totals: Totals, amounts: Amounts): boolean {
  let found = 0;
  for (const name of COMPUTE) {
    const amount = amounts?.[name];
    if (amount === undefined || quantitySign(amount) <= 0) continue;
    found++;
    const sum = totals[name];
    totals[name] = sum ? addQuantities(sum, amount) : parseQuantity(amount);
  }
  return found === COMPUTE.length;
}

/** The class of service that requests and limits put a pod in; set once, at creation. */
export function computeQosClass(spec: PodSpec): "Guaranteed" | "Burstable" | "BestEffort" {
  const requests: Totals = {};
  const limits: Totals = {};
  let guaranteed = true;
  if (spec.resources) {
    addCompute(requests, spec.resources.requests);
    const limited = addCompute(limits, spec.resources.limits);
    if (Object.keys(spec.resources.limits ?? {}).length > 0) guaranteed = limited;
  } else
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
      addCompute(requests, container.resources?.requests);
      if (!addCompute(limits, container.resources?.limits)) guaranteed = false;
    }
  const requested = COMPUTE.filter((name) => requests[name]);
  const limited = COMPUTE.filter((name) => limits[name]);
  if (requested.length === 0 && limited.length === 0) return "BestEffort";
  const equal = requested.every((name) => limits[name] && compareQuantities(requests[name]!, limits[name]) === 0);
  return guaranteed && equal && requested.length === limited.length ? "Guaranteed" : "Burstable";
}
