// SPDX-License-Identifier: Apache-2.0

import type { EnvFromSource, EnvVar, Pod, Volume } from "../../api/index.ts";

type VolumeSecrets = (volume: Volume) => readonly (string | undefined)[];

const secretsOfVolume: VolumeSecrets = (volume) => [
  volume.azureFile?.secretName,
  volume.cephfs?.secretRef?.name,
  volume.cinder?.secretRef?.name,
  volume.flexVolume?.secretRef?.name,
  ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
  volume.rbd?.secretRef?.name,
  volume.secret?.secretName,
  volume.scaleIO?.secretRef?.name,
  volume.iscsi?.secretRef?.name,
  volume.storageos?.secretRef?.name,
  volume.csi?.nodePublishSecretRef?.name,
];

interface Variables {
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFromSource[];
}

const secretsOfContainer = ({ env = [], envFrom = [] }: Variables): (string | undefined)[] => [
  ...envFrom.map(({ secretRef }) => secretRef?.name),
  ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
];

function refersToSecrets({ spec }: Pod): boolean {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
  return (
    (spec.imagePullSecrets ?? []).some(({ name }) => name) ||
    containers.some((container) => secretsOfContainer(container).some(Boolean)) ||
    (spec.volumes ?? []).some((volume) => secretsOfVolume(volume).some(Boolean))
  );
}

/** Why a mirror pod is refused: it may refer to nothing that a node could not read for itself. */
export function mirrorPodRefusal(pod: Pod): string | undefined {
  const { serviceAccountName, volumes = [] } = pod.spec;
  if (serviceAccountName) return "a mirror pod may not reference service accounts";
  if (refersToSecrets(pod)) return "a mirror pod may not reference secrets";
  return volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken))
    ? "a mirror pod may not use ServiceAccountToken volume projections"
    : undefined;
}
