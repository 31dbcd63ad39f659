// SPDX-License-Identifier: Apache-2.0

import type { Pod, Volume } from "../api/index.ts";
import type { DeepReadonly } from "../apimachinery/index.ts";

function* volumeSecretNames(volume: DeepReadonly<Volume>): Iterable<string | undefined> {
  const { cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos } = volume;
  yield volume.secret?.secretName;
  yield volume.azureFile?.secretName;
  yield volume.csi?.nodePublishSecretRef?.name;
  for (const source of [cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos]) yield source?.secretRef?.name;
  for (const source of volume.projected?.sources ?? []) yield source.secret?.name;
}

function* containerSecretNames({ spec }: DeepReadonly<Pod>): Iterable<string | undefined> {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  for (const { env = [], envFrom = [] } of [...initContainers, ...(containers ?? []), ...ephemeralContainers]) {
    for (const { secretRef } of envFrom) yield secretRef?.name;
    for (const { valueFrom } of env) yield valueFrom?.secretKeyRef?.name;
  }
}

/** The names of all secrets that a pod refers to itself, not by its claims; some may come twice. */
export function podSecretNames(pod: DeepReadonly<Pod>): string[] {
  const { imagePullSecrets = [], volumes = [] } = pod.spec;
  const names = [
    ...imagePullSecrets.map(({ name }) => name),
    ...containerSecretNames(pod),
    ...volumes.flatMap((volume) => [...volumeSecretNames(volume)]),
  ];
  return names.filter((name): name is string => Boolean(name));
}
