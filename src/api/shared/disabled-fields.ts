// SPDX-License-Identifier: Apache-2.0

import type { PodSpec } from "../generated/v1.35/core-v1.ts";
import { visitContainers } from "./visit-containers.ts";

/** Takes away fields whose features are off by default in this version, as the API server drops them on every write. */
export function dropDisabledPodFields(spec: PodSpec | undefined): void {
  if (!spec) return;
  delete spec.workloadRef;
  visitContainers(spec, "", (container) => {
    if (container.lifecycle?.stopSignal !== undefined) delete container.lifecycle.stopSignal;
  });
  for (const volume of spec.volumes ?? [])
    for (const source of volume.projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
}
