// SPDX-License-Identifier: Apache-2.0

import { semanticEqual } from "../../apimachinery/index.ts";
import type { Endpoints, Pod, Service } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { isHeadless } from "../shared/service-pods.ts";
import { TRIGGER_TIME } from "../shared/trigger-times.ts";
import { desiredSubsets, truncated } from "./subsets.ts";

export const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
export const MANAGED_BY = "endpoint-controller";
const HEADLESS_LABEL = "service.kubernetes.io/headless";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

/** What to do about a Service's Endpoints. */
export type EndpointsDecision =
  | { readonly type: "keep" }
  | { readonly type: "create" | "update"; readonly endpoints: Endpoints };

function ownLabelsRemoved(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const { [HEADLESS_LABEL]: _headless, [MANAGED_BY_LABEL]: _managedBy, ...rest } = labels ?? {};
  return rest;
}

/** Decides what a Service's Endpoints should be. */
export function decide(
  service: Cached<Service>,
  pods: readonly Cached<Pod>[],
  current: { readonly endpoints: Cached<Endpoints> | undefined; readonly triggered: string | undefined },
): EndpointsDecision {
  const { endpoints, triggered } = current;
  const { subsets, cut } = truncated(desiredSubsets(service, pods));
  const labels = service.metadata.labels ?? {};
  const marked = endpoints?.metadata.annotations?.[OVER_CAPACITY] === "truncated";
  if (
    endpoints &&
    semanticEqual(endpoints.subsets, subsets) &&
    semanticEqual(ownLabelsRemoved(endpoints.metadata.labels), ownLabelsRemoved(labels)) &&
    marked === cut
  ) {
    return { type: "keep" };
  }
  const { [TRIGGER_TIME]: _trigger, [OVER_CAPACITY]: _cut, ...others } = endpoints?.metadata.annotations ?? {};
  const annotations: Record<string, string> = { ...others };
  if (triggered !== undefined) annotations[TRIGGER_TIME] = triggered;
  if (cut) annotations[OVER_CAPACITY] = "truncated";
  const { name, namespace } = service.metadata;
  return {
    type: endpoints ? "update" : "create",
    endpoints: {
      ...(endpoints as Endpoints | undefined),
      metadata: {
        ...(endpoints?.metadata as Endpoints["metadata"] | undefined),
        name,
        namespace,
        annotations,
        labels: {
          ...ownLabelsRemoved(labels),
          ...(isHeadless(service) ? { [HEADLESS_LABEL]: "" } : {}),
          [MANAGED_BY_LABEL]: MANAGED_BY,
        },
      },
      subsets,
    },
  };
}
