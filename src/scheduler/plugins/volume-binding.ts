// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../../client/index.ts";
import type { PersistentVolumeClaim } from "../../api/index.ts";
import { type CycleState, type Plugin, unresolvable } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";

/** Where claims are looked up. */
export interface ClaimLister {
  get(namespace: string, name: string): Cached<PersistentVolumeClaim> | undefined;
}

/** Names of the claims that a pod's volumes use; ephemeral ones are named for pod and volume. */
function claimNames(pod: PodInfo): string[] {
  const names: string[] = [];
  for (const volume of pod.pod.spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim) names.push(volume.persistentVolumeClaim.claimName);
    else if (volume.ephemeral) names.push(`${pod.name}-${volume.name}`);
  }
  return names;
}

/** Refuses pods whose claims are missing, lost or being deleted, or wait for a volume that nobody binds. */
export const volumeBinding = (claims: ClaimLister): Plugin => ({
  name: "VolumeBinding",
  preFilter(_state: CycleState, pod: PodInfo) {
    const names = claimNames(pod);
    if (names.length === 0) return "skip";
    for (const name of names) {
      const claim = claims.get(pod.namespace, name);
      if (!claim) return { type: "refused", status: unresolvable(`persistentvolumeclaim "${name}" not found`) };
      if (claim.metadata.deletionTimestamp)
        return { type: "refused", status: unresolvable(`persistentvolumeclaim "${name}" is being deleted`) };
      if (claim.status?.phase === "Lost")
        return {
          type: "refused",
          status: unresolvable(
            `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ""}"`,
          ),
        };
      if (!claim.spec?.volumeName)
        return { type: "refused", status: unresolvable("pod has unbound immediate PersistentVolumeClaims") };
    }
    return undefined;
  },
  events: [{ event: "PvcChange" }, { event: "NodeAdd" }, { event: "UnscheduledPodUpdate" }],
});
