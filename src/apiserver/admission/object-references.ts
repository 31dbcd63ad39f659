// SPDX-License-Identifier: Apache-2.0

import type { Pod, Volume } from "../../api/index.ts";
import { podSecretNames } from "../../rules/index.ts";

function projectedReference({ projected }: Volume): string | undefined {
  for (const source of projected?.sources ?? []) {
    if (source.configMap) return "configmaps (via projected volumes)";
    if (source.secret) return "secrets (via projected volumes)";
    if (source.serviceAccountToken) return "serviceaccounts (via projected volumes)";
    if (source.clusterTrustBundle) return "clustertrustbundles";
    if (source.podCertificate) return "podcertificates";
  }
  return undefined;
}

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return "configmaps (via configmap volumes)";
  if (volume.secret) return "secrets (via secret volumes)";
  if (volume.csi) return "csidrivers (via CSI volumes)";
  if (volume.glusterfs) return "endpoints (via glusterFS volumes)";
  if (volume.persistentVolumeClaim) return "persistentvolumeclaims";
  if (volume.ephemeral) return "persistentvolumeclaims (via ephemeral volumes)";
  if (volume.azureFile) return "secrets (via azureFile volumes)";
  return projectedReference(volume);
}

function refersToConfigMaps({ spec }: Pod): boolean {
  const { initContainers = [], containers, ephemeralContainers = [], volumes = [] } = spec;
  return (
    [...initContainers, ...containers, ...ephemeralContainers].some(
      ({ env, envFrom }) =>
        envFrom?.some(({ configMapRef }) => configMapRef?.name) ||
        env?.some(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ) ||
    volumes.some(
      ({ configMap, projected }) => configMap?.name || projected?.sources?.some((source) => source.configMap?.name),
    )
  );
}

/** What of the API a pod refers to, in the words of the refusal; undefined when it stands on its own. */
export function podObjectReference(pod: Pod): string | undefined {
  if (pod.spec.serviceAccountName) return "serviceaccounts";
  if (podSecretNames(pod).length > 0) return "secrets";
  if (refersToConfigMaps(pod)) return "configmaps";
  if (pod.spec.resourceClaims?.length) return "resourceclaims";
  for (const volume of pod.spec.volumes ?? []) {
    const reference = volumeReference(volume);
    if (reference) return reference;
  }
  return undefined;
}
