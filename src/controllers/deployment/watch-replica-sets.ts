// SPDX-License-Identifier: Apache-2.0

import { semanticEqual } from "../../apimachinery/index.ts";
import type { Deployment, Pod, ReplicaSet } from "../../api/index.ts";
import { keyOf, objectKey, type Cached, type Informer, type Lister, type WorkQueue } from "../../client/index.ts";
import { controllerOf, selectorOf } from "../../rules/index.ts";

/** What wakes the deployment controller besides deployments. */
export interface WatchReplicaSetsOptions {
  readonly deployments: Lister<Deployment>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly pods: Informer<Pod>;
  readonly queue: WorkQueue;
}

/** Enqueues the deployment of every replica set that changes, and those that might adopt one. */
export function watchReplicaSets(options: WatchReplicaSetsOptions): void {
  const { replicaSets, pods, queue } = options;
  const wake = (replicaSet: Cached<ReplicaSet>): void => {
    const key = ownerKey(options, replicaSet);
    if (key !== undefined) queue.add(key);
  };
  const wakeOrOffer = (replicaSet: Cached<ReplicaSet>): void => {
    if (controllerOf(replicaSet)) wake(replicaSet);
    else offer(options, replicaSet);
  };
  replicaSets.addHandler({
    added: (replicaSet) => (replicaSet.metadata.deletionTimestamp ? wake(replicaSet) : wakeOrOffer(replicaSet)),
    updated: (replicaSet, old) => {
      const changed = controllerOf(replicaSet)?.uid !== controllerOf(old)?.uid;
      if (changed) wake(old);
      if (controllerOf(replicaSet)) wake(replicaSet);
      else if (changed || !semanticEqual(replicaSet.metadata.labels, old.metadata.labels)) offer(options, replicaSet);
    },
    deleted: wake,
  });
  pods.addHandler({ deleted: (pod) => wakeRecreating(options, pod) });
}

function ownerKey({ deployments }: WatchReplicaSetsOptions, replicaSet: Cached<ReplicaSet>): string | undefined {
  const reference = controllerOf(replicaSet);
  if (reference?.kind !== "Deployment") return undefined;
  const deployment = deployments.get(replicaSet.metadata.namespace ?? "", reference.name);
  return deployment?.metadata.uid === reference.uid ? keyOf(deployment) : undefined;
}

function offer({ deployments, queue }: WatchReplicaSetsOptions, replicaSet: Cached<ReplicaSet>): void {
  const { labels, namespace = "" } = replicaSet.metadata;
  if (!labels) return;
  for (const deployment of deployments.byNamespace(namespace)) {
    if (selectorOf(deployment.spec.selector).matches(labels)) queue.add(keyOf(deployment));
  }
}

/** A deployment that recreates waits for its last old pod to be gone. */
function wakeRecreating(options: WatchReplicaSetsOptions, pod: Cached<Pod>): void {
  const { deployments, replicaSets, queue } = options;
  const reference = controllerOf(pod);
  if (reference?.kind !== "ReplicaSet") return;
  const replicaSet = replicaSets.lister.getByKey(objectKey(pod.metadata.namespace, reference.name));
  const key = replicaSet && ownerKey(options, replicaSet);
  if (key !== undefined && deployments.getByKey(key)?.spec.strategy?.type === "Recreate") queue.add(key);
}
