// SPDX-License-Identifier: Apache-2.0

import type { Container, EphemeralContainer, PodSpec } from "../generated/v1.35/core-v1.ts";

/** Calls back for every container of a pod, with its path: init containers, containers, ephemeral ones. */
export function visitContainers(
  spec: PodSpec,
  path: string,
  visit: (container: Container | EphemeralContainer, path: string) => void,
): void {
  for (const kind of ["initContainers", "containers", "ephemeralContainers"] as const) {
    const containers = spec[kind];
    if (!containers) continue;
    for (let i = 0; i < containers.length; i++) visit(containers[i]!, `${path}.${kind}[${i}]`);
  }
}
