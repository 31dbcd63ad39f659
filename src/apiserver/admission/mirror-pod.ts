// SPDX-License-Identifier: Apache-2.0

import type { Pod } from "../../api/index.ts";
import { podSecretNames } from "../../rules/index.ts";

/** Marks the pods that a kubelet writes down for its static ones. */
export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** Why a mirror pod is refused: it may refer to nothing that a node could not read for itself. */
export function mirrorPodRefusal(pod: Pod): string | undefined {
  const { serviceAccountName, volumes = [] } = pod.spec;
  if (serviceAccountName) return "a mirror pod may not reference service accounts";
  if (podSecretNames(pod).length > 0) return "a mirror pod may not reference secrets";
  return volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken))
    ? "a mirror pod may not use ServiceAccountToken volume projections"
    : undefined;
}
