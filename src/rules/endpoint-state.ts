// SPDX-License-Identifier: Apache-2.0

import type { EndpointConditions, Pod, Service } from "../api/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "./pod-state.ts";

/** Whether Services may send to the pod at all: it has an address, and is not over. Terminating ones count if asked for. */
export function isEndpoint(pod: DeepReadonly<Pod>, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || !pod.status?.podIP) return false;
  return includeTerminating || !isPodTerminating(pod);
}

/** Whether a Service wants its endpoints published before they are ready. */
export const publishesNotReady = (service: DeepReadonly<Service>): boolean =>
  service.spec?.publishNotReadyAddresses === true;

/** Ready, serving and terminating of a pod, as seen through a Service. */
export function endpointConditions(
  pod: DeepReadonly<Pod>,
  service: DeepReadonly<Service>,
): Required<Pick<EndpointConditions, "ready" | "serving" | "terminating">> {
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  return { ready: publishesNotReady(service) || (serving && !terminating), serving, terminating };
}
