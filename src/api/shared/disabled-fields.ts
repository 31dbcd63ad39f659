// SPDX-License-Identifier: Apache-2.0

import type { ContainerStatus, PodSpec, PodStatus } from "../generated/v1.35/core-v1.ts";
import { visitContainers } from "./visit-containers.ts";

/** Takes away fields whose features are off by default in this version, as the API server drops them on every write. */
export function dropDisabledPodFields(spec: PodSpec | undefined): void {
  if (!spec) return;
  delete spec.workloadRef;
  visitContainers(spec, "", (container) => {
    if (container.lifecycle?.stopSignal === undefined) return;
    delete container.lifecycle.stopSignal;
    if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
  });
  for (const volume of spec.volumes ?? [])
    for (const source of volume.projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
}

function dropResourceHealth(statuses: readonly ContainerStatus[] | undefined): void {
  for (const status of statuses ?? []) delete status.allocatedResourcesStatus;
}

/** The same of what a status reports. */
export function dropDisabledPodStatusFields(status: PodStatus): void {
  delete status.resources;
  delete status.allocatedResources;
  delete status.extendedResourceClaimStatus;
  dropResourceHealth(status.containerStatuses);
  dropResourceHealth(status.initContainerStatuses);
  dropResourceHealth(status.ephemeralContainerStatuses);
}
