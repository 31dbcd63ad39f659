// SPDX-License-Identifier: Apache-2.0

import type { BootstrapObject } from "./bootstrap-object.ts";

/** Priority of a group among groups, and of its versions, as upstream ranks what it serves itself. */
const PRIORITIES: Readonly<Record<string, readonly [group: number, version: number]>> = {
  "/v1": [18000, 1],
  "apps/v1": [17800, 15],
  "events.k8s.io/v1": [17750, 15],
  "authentication.k8s.io/v1": [17700, 15],
  "authorization.k8s.io/v1": [17600, 15],
  "autoscaling/v1": [17500, 15],
  "autoscaling/v2": [17500, 30],
  "batch/v1": [17400, 15],
  "certificates.k8s.io/v1": [17300, 15],
  "networking.k8s.io/v1": [17200, 15],
  "policy/v1": [17100, 15],
  "rbac.authorization.k8s.io/v1": [17000, 15],
  "storage.k8s.io/v1": [16800, 15],
  "apiextensions.k8s.io/v1": [16700, 15],
  "admissionregistration.k8s.io/v1": [16700, 15],
  "scheduling.k8s.io/v1": [16600, 15],
  "coordination.k8s.io/v1": [16500, 15],
  "node.k8s.io/v1": [16300, 15],
  "discovery.k8s.io/v1": [16200, 15],
  "resource.k8s.io/v1": [16200, 21],
  "flowcontrol.apiserver.k8s.io/v1": [16100, 21],
};

/** Priorities of groups that come later (custom resources): after everything built in. */
const CUSTOM_PRIORITIES = [1000, 100] as const;
const AGGREGATOR_GROUP_VERSION = "apiregistration.k8s.io/v1";

/** The priorities of a group version, for discovery's order and its APIService. */
export const groupVersionPriority = (groupVersion: string): readonly [group: number, version: number] =>
  PRIORITIES[groupVersion] ?? CUSTOM_PRIORITIES;

/** One APIService for each group version that is served here; the aggregator's own has none. */
export function apiServiceObjects(
  groupVersions: readonly { readonly group: string; readonly version: string }[],
  now: string,
): BootstrapObject[] {
  return groupVersions
    .filter(({ group, version }) => `${group}/${version}` !== AGGREGATOR_GROUP_VERSION)
    .map(({ group, version }) => {
      const [groupPriorityMinimum, versionPriority] = groupVersionPriority(`${group}/${version}`);
      return {
        group: "apiregistration.k8s.io",
        resource: "apiservices",
        object: {
          apiVersion: AGGREGATOR_GROUP_VERSION,
          kind: "APIService",
          metadata: {
            name: `${version}.${group}`,
            labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" },
          },
          spec: { ...(group ? { group } : {}), version, groupPriorityMinimum, versionPriority },
        },
        status: {
          conditions: [
            {
              type: "Available",
              status: "True",
              lastTransitionTime: now,
              reason: "Local",
              message: "Local APIServices are always available",
            },
          ],
        },
      };
    });
}
