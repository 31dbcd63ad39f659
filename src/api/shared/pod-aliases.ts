// SPDX-License-Identifier: Apache-2.0

import type { ObjectMeta } from "../../apimachinery/index.ts";
import type { PodSpec, PodStatus } from "../generated/v1.35/core-v1.ts";

/** What init containers were before they became fields. */
const INIT_CONTAINER_ANNOTATIONS: readonly string[] = [
  "pod.beta.kubernetes.io/init-containers",
  "pod.alpha.kubernetes.io/init-containers",
  "pod.beta.kubernetes.io/init-container-statuses",
  "pod.alpha.kubernetes.io/init-container-statuses",
];

/** `serviceAccount` is the old name of `serviceAccountName`: both say the same, the new one wins. */
export function unifyAccountNames(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

/** Old clients still send init containers as annotations, too: they are taken away. */
export function dropInitContainerAnnotations(metadata: ObjectMeta | undefined): void {
  const annotations = metadata?.annotations;
  if (!annotations) return;
  for (const key of INIT_CONTAINER_ANNOTATIONS) if (annotations[key] !== undefined) delete annotations[key];
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
}

/** `podIP` is the first of `podIPs`; where they differ, old kubelets wrote the one alone. */
export function unifyPodIps(status: PodStatus | undefined): void {
  if (!status) return;
  const { podIP, podIPs } = status;
  if (podIP && podIPs?.[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }];
  else if (!podIP && podIPs?.[0]?.ip) status.podIP = podIPs[0].ip;
}
