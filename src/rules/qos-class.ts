// SPDX-License-Identifier: Apache-2.0

import type { Container, Pod, ResourceRequirements } from "../api/index.ts";
import { compareQuantities, quantitySign, type DeepReadonly } from "../apimachinery/index.ts";
import type { ResourceList } from "./pod-requests.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const QOS_RESOURCES = ["cpu", "memory"] as const;

const amount = (list: ResourceList | undefined, name: string): string | undefined => {
  const text = list?.[name];
  return text !== undefined && quantitySign(text) > 0 ? text : undefined;
};

type Demands = DeepReadonly<ResourceRequirements> | undefined;

const asksForNothing = (demands: Demands): boolean =>
  QOS_RESOURCES.every(
    (name) => amount(demands?.requests, name) === undefined && amount(demands?.limits, name) === undefined,
  );

/** CPU and memory are limited, and requested to the same amount. */
const isGuaranteed = (demands: Demands): boolean =>
  QOS_RESOURCES.every((name) => {
    const limit = amount(demands?.limits, name);
    const request = amount(demands?.requests, name);
    return limit !== undefined && request !== undefined && compareQuantities(limit, request) === 0;
  });

function classOf(demands: readonly Demands[]): QosClass {
  if (demands.every(asksForNothing)) return "BestEffort";
  return demands.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

/** The quality of service that a pod's requests and limits amount to. */
export function qosClassOf(pod: DeepReadonly<Pod>): QosClass {
  const { spec } = pod;
  if (spec.resources && !asksForNothing(spec.resources)) return classOf([spec.resources]);
  const containers: readonly DeepReadonly<Container>[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return classOf(containers.map((container) => container.resources));
}
