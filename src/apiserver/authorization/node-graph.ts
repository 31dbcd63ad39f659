// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolume, Pod, ResourceSlice, Volume, VolumeAttachment } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { podSecretNames } from "../../rules/index.ts";
import type { CachedObject, ResourceObserver, ResourceStores } from "../resource-store.ts";

/** What nodes may read because something of theirs refers to it. */
export type ReferredResource =
  | "pods"
  | "resourceslices"
  | "secrets"
  | "configmaps"
  | "persistentvolumeclaims"
  | "persistentvolumes"
  | "volumeattachments"
  | "serviceaccounts"
  | "resourceclaims";

const keyOf = (resource: ReferredResource, namespace: string, name: string): string =>
  `${resource}/${namespace}/${name}`;

/** Edges from a thing to what refers to it; counted, since several paths may make the same edge. */
class Edges {
  readonly #referrers = new Map<string, Map<string, number>>();

  add(target: string, referrer: string): void {
    let known = this.#referrers.get(target);
    if (!known) {
      known = new Map();
      this.#referrers.set(target, known);
    }
    known.set(referrer, (known.get(referrer) ?? 0) + 1);
  }

  remove(target: string, referrer: string): void {
    const known = this.#referrers.get(target);
    const count = known?.get(referrer) ?? 0;
    if (!known || count === 0) return;
    if (count > 1) known.set(referrer, count - 1);
    else known.delete(referrer);
    if (known.size === 0) this.#referrers.delete(target);
  }

  of(target: string): Iterable<string> {
    return this.#referrers.get(target)?.keys() ?? [];
  }
}

function* volumeTargets(volume: DeepReadonly<Volume>, namespace: string): Iterable<string> {
  if (volume.configMap?.name) yield keyOf("configmaps", namespace, volume.configMap.name);
  if (volume.persistentVolumeClaim) {
    yield keyOf("persistentvolumeclaims", namespace, volume.persistentVolumeClaim.claimName);
  }
  for (const { configMap } of volume.projected?.sources ?? []) {
    if (configMap?.name) yield keyOf("configmaps", namespace, configMap.name);
  }
}

function* containerTargets(pod: DeepReadonly<Pod>, namespace: string): Iterable<string> {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  for (const container of [...initContainers, ...containers, ...ephemeralContainers]) {
    for (const { configMapRef } of container.envFrom ?? []) {
      if (configMapRef?.name) yield keyOf("configmaps", namespace, configMapRef.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef?.name) yield keyOf("configmaps", namespace, valueFrom.configMapKeyRef.name);
    }
  }
}

function claimNames(pod: DeepReadonly<Pod>): string[] {
  const statuses = new Map(
    (pod.status?.resourceClaimStatuses ?? []).map((status) => [status.name, status.resourceClaimName]),
  );
  const names: string[] = [];
  for (const claim of pod.spec.resourceClaims ?? []) {
    const name = claim.resourceClaimName ?? statuses.get(claim.name);
    if (name) names.push(name);
  }
  return names;
}

/** Everything that a pod refers to. Mirror pods give no rights: a kubelet writes them itself. */
function targetsOfPod(pod: DeepReadonly<Pod>): Set<string> {
  const namespace = pod.metadata.namespace ?? "";
  const targets = new Set<string>();
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return targets;
  if (pod.spec.serviceAccountName) targets.add(keyOf("serviceaccounts", namespace, pod.spec.serviceAccountName));
  for (const name of podSecretNames(pod)) targets.add(keyOf("secrets", namespace, name));
  for (const target of containerTargets(pod, namespace)) targets.add(target);
  for (const volume of pod.spec.volumes ?? []) {
    for (const target of volumeTargets(volume, namespace)) targets.add(target);
    if (volume.ephemeral)
      targets.add(keyOf("persistentvolumeclaims", namespace, `${pod.metadata.name}-${volume.name}`));
  }
  for (const name of claimNames(pod)) targets.add(keyOf("resourceclaims", namespace, name));
  return targets;
}

/** A volume is reached through its claim, and the secrets of its driver through the volume. */
function* edgesOfVolume(volume: DeepReadonly<PersistentVolume>): Iterable<readonly [target: string, referrer: string]> {
  const { claimRef, csi, cephfs, cinder, rbd, iscsi, scaleIO, flexVolume, azureFile, storageos } = volume.spec ?? {};
  const name = volume.metadata.name ?? "";
  const self = keyOf("persistentvolumes", "", name);
  const claimNamespace = claimRef?.namespace ?? "";
  if (claimRef) yield [self, keyOf("persistentvolumeclaims", claimNamespace, claimRef.name ?? "")];
  const references = [
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.controllerPublishSecretRef,
    csi?.nodeExpandSecretRef,
    csi?.controllerExpandSecretRef,
    cephfs?.secretRef,
    cinder?.secretRef,
    rbd?.secretRef,
    iscsi?.secretRef,
    scaleIO?.secretRef,
    flexVolume?.secretRef,
    storageos?.secretRef,
    azureFile ? { name: azureFile.secretName, namespace: azureFile.secretNamespace ?? undefined } : undefined,
  ];
  for (const reference of references) {
    if (reference?.name) yield [keyOf("secrets", reference.namespace || claimNamespace, reference.name), self];
  }
}

/**
 * Which node may read what, as a graph: node ← pod ← claim ← volume ← secret. Kept up to date by the watch cache. A pod's
 * edges go straight to its node, so that the common question takes one lookup.
 */
export class NodeGraph {
  readonly #edges = new Edges();
  /** Pods whose edges are in the graph. */
  readonly #boundPods = new Set<string>();

  follow(stores: ResourceStores): () => void {
    const observers: readonly [group: string, resource: string, observer: ResourceObserver][] = [
      ["", "pods", this.#pods],
      ["", "persistentvolumes", this.#volumes],
      ["storage.k8s.io", "volumeattachments", this.#attachments],
      ["resource.k8s.io", "resourceslices", this.#slices],
    ];
    const stops = observers.map(([group, resource, observer]) => stores.find(group, resource)?.observe(observer));
    return () => {
      for (const stop of stops) stop?.();
    };
  }

  /** Whether a path leads from the thing to the node. */
  reaches(nodeName: string, resource: ReferredResource, namespace: string, name: string): boolean {
    const wanted = `node/${nodeName}`;
    const seen = new Set<string>();
    const queue = [keyOf(resource, namespace, name)];
    for (let target = queue.pop(); target !== undefined; target = queue.pop()) {
      for (const referrer of this.#edges.of(target)) {
        if (referrer === wanted) return true;
        if (referrer.startsWith("node/") || seen.has(referrer)) continue;
        seen.add(referrer);
        queue.push(referrer);
      }
    }
    return false;
  }

  /** A bound pod's references change only with its ephemeral containers and resource claims. */
  readonly #pods: ResourceObserver = {
    onChange: (entry, old) => {
      const { namespace, name } = (entry ?? old)!;
      const key = `${namespace}/${name}`;
      const isKnown = this.#boundPods.has(key);
      if (!entry) {
        if (isKnown) this.#removePod(key, old!.object as DeepReadonly<Pod>);
        return;
      }
      const pod = entry.object as DeepReadonly<Pod>;
      const mayChange = pod.spec.ephemeralContainers?.length || pod.spec.resourceClaims?.length;
      if (isKnown && !mayChange) return;
      if (isKnown) this.#removePod(key, old!.object as DeepReadonly<Pod>);
      if (pod.spec.nodeName) this.#addPod(key, pod);
    },
  };

  #addPod(key: string, pod: DeepReadonly<Pod>): void {
    this.#boundPods.add(key);
    this.#edges.add(podKey(pod), `node/${pod.spec.nodeName}`);
    for (const target of targetsOfPod(pod)) this.#edges.add(target, `node/${pod.spec.nodeName}`);
  }

  #removePod(key: string, pod: DeepReadonly<Pod>): void {
    this.#boundPods.delete(key);
    this.#edges.remove(podKey(pod), `node/${pod.spec.nodeName}`);
    for (const target of targetsOfPod(pod)) this.#edges.remove(target, `node/${pod.spec.nodeName}`);
  }

  readonly #volumes: ResourceObserver = {
    onChange: (entry, old) => {
      for (const [target, referrer] of volumeEdges(old)) this.#edges.remove(target, referrer);
      for (const [target, referrer] of volumeEdges(entry)) this.#edges.add(target, referrer);
    },
  };

  /** A slice belongs to the node that it names; its name never changes. */
  readonly #slices: ResourceObserver = {
    onChange: (entry, old) => {
      if (old) this.#edges.remove(...sliceEdge(old));
      if (entry) this.#edges.add(...sliceEdge(entry));
    },
  };

  readonly #attachments: ResourceObserver = {
    onChange: (entry, old) => {
      if (old) this.#edges.remove(...attachmentEdge(old));
      if (entry) this.#edges.add(...attachmentEdge(entry));
    },
  };
}

const podKey = ({ metadata }: DeepReadonly<Pod>): string =>
  keyOf("pods", metadata.namespace ?? "", metadata.name ?? "");

const volumeEdges = (entry: CachedObject | undefined): Iterable<readonly [target: string, referrer: string]> =>
  entry ? edgesOfVolume(entry.object as DeepReadonly<PersistentVolume>) : [];

const sliceEdge = (entry: CachedObject): readonly [target: string, referrer: string] => [
  keyOf("resourceslices", "", entry.name),
  `node/${(entry.object as DeepReadonly<ResourceSlice>).spec.nodeName ?? ""}`,
];

const attachmentEdge = (entry: CachedObject): readonly [target: string, referrer: string] => [
  keyOf("volumeattachments", "", entry.name),
  `node/${(entry.object as DeepReadonly<VolumeAttachment>).spec.nodeName}`,
];
