// SPDX-License-Identifier: Apache-2.0

import type { OwnerReference, PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { controllerReference } from "../../rules/index.ts";

export const REVISION_LABEL = "controller-revision-hash";
const POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";
const MEMBER = /^(.*)-(\d+)$/;

export const IDENTITY = { apiVersion: "apps/v1", kind: "StatefulSet" } as const;

export const startOrdinal = ({ spec }: Cached<StatefulSet>): number => spec.ordinals?.start ?? 0;
export const replicaCount = ({ spec }: Cached<StatefulSet>): number => spec.replicas ?? 1;

/** The number of a pod in its set; undefined for one whose name has none, or is of another set. */
export function ordinalOf(set: DeepReadonly<{ metadata: { name?: string } }>, pod: Cached<Pod>): number | undefined {
  const match = MEMBER.exec(pod.metadata.name);
  return match && match[1] === set.metadata.name ? Number(match[2]) : undefined;
}

export const isInRange = (set: Cached<StatefulSet>, ordinal: number): boolean =>
  ordinal >= startOrdinal(set) && ordinal < startOrdinal(set) + replicaCount(set);

export const podName = (set: Cached<StatefulSet>, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

export const claimName = (set: Cached<StatefulSet>, template: string, ordinal: number): string =>
  `${template}-${set.metadata.name}-${ordinal}`;

function identityLabels(set: Cached<StatefulSet>, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: podName(set, ordinal), [POD_INDEX_LABEL]: String(ordinal) };
}

type Volumes = NonNullable<Pod["spec"]>["volumes"];

/** The template's volumes, with those of the claim templates in place of any of the same name. */
function volumesOf(set: Cached<StatefulSet>, template: DeepReadonly<PodTemplateSpec>, ordinal: number): Volumes {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => {
    const name = metadata.name ?? "";
    return { name, persistentVolumeClaim: { claimName: claimName(set, name, ordinal), readOnly: undefined } };
  });
  const names = new Set(claims.map(({ name }) => name));
  const own = (template.spec?.volumes ?? []).filter(({ name }) => !names.has(name));
  const all = [...own, ...claims] as NonNullable<Volumes>;
  return all.length > 0 ? all : undefined;
}

/** The pod of an ordinal, of the template of one revision. */
export function newPod(
  set: Cached<StatefulSet>,
  ordinal: number,
  revision: { readonly name: string; readonly template: DeepReadonly<PodTemplateSpec> },
): Pod {
  const { template } = revision;
  const name = podName(set, ordinal);
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      name,
      namespace: set.metadata.namespace,
      labels: { ...labels, ...identityLabels(set, ordinal), [REVISION_LABEL]: revision.name },
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerReference(set, IDENTITY)],
    },
    spec: {
      ...(template.spec as Pod["spec"]),
      hostname: name,
      subdomain: set.spec.serviceName,
      volumes: volumesOf(set, template, ordinal),
    },
  };
}

/** Whether a pod has the labels and volumes that its ordinal gives it. */
export function hasIdentity(set: Cached<StatefulSet>, pod: Cached<Pod>, ordinal: number): boolean {
  const labels = identityLabels(set, ordinal);
  for (const key in labels) if (pod.metadata.labels?.[key] !== labels[key]) return false;
  return (set.spec.volumeClaimTemplates ?? []).every(({ metadata }) =>
    pod.spec.volumes?.some(
      ({ name, persistentVolumeClaim }) =>
        name === metadata.name && persistentVolumeClaim?.claimName === claimName(set, name, ordinal),
    ),
  );
}

/** The labels that a pod lacks of its identity: the only part of it that can be mended. */
export function missingLabels(set: Cached<StatefulSet>, pod: Cached<Pod>, ordinal: number): Record<string, string> {
  const missing: Record<string, string> = {};
  for (const [key, value] of Object.entries(identityLabels(set, ordinal))) {
    if (pod.metadata.labels?.[key] !== value) missing[key] = value;
  }
  return missing;
}

/** The claims of an ordinal. */
export function newClaims(set: Cached<StatefulSet>, ordinal: number): PersistentVolumeClaim[] {
  const owners = claimOwners(set, undefined, ordinal);
  return (set.spec.volumeClaimTemplates ?? []).map((template) => {
    const { name = "", labels, annotations } = template.metadata;
    return {
      metadata: {
        name: claimName(set, name, ordinal),
        namespace: set.metadata.namespace,
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations ? { annotations: { ...annotations } } : {}),
        ...(owners.length > 0 ? { ownerReferences: owners } : {}),
      },
      spec: template.spec as PersistentVolumeClaim["spec"],
    };
  });
}

/** The owners by which a claim goes with its set or its pod, as the retention policy says. */
export function claimOwners(set: Cached<StatefulSet>, pod: Cached<Pod> | undefined, ordinal: number): OwnerReference[] {
  const { whenDeleted = "Retain", whenScaled = "Retain" } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const condemned = !isInRange(set, ordinal);
  const owners: OwnerReference[] = [];
  if (whenScaled === "Delete" && condemned && pod) owners.push(plainReference(pod, { apiVersion: "v1", kind: "Pod" }));
  else if (whenDeleted === "Delete") owners.push(plainReference(set, IDENTITY));
  return owners;
}

const plainReference = (
  owner: { readonly metadata: { readonly name: string; readonly uid: string } },
  kind: { readonly apiVersion: string; readonly kind: string },
): OwnerReference => ({ ...kind, name: owner.metadata.name, uid: owner.metadata.uid });
