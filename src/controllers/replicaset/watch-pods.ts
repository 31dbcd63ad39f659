// SPDX-License-Identifier: Apache-2.0

import { semanticEqual } from "../../apimachinery/index.ts";
import type { Pod } from "../../api/index.ts";
import {
  keyOf,
  objectKey,
  type Cached,
  type ApiObject,
  type Lister,
  type Informer,
  type WorkQueue,
} from "../../client/index.ts";
import { controllerOf, type Expectations } from "../../rules/index.ts";

/** What wakes a controller of pods: its own pods, and orphans that it may want. */
export interface WatchPodsOptions<O extends ApiObject> {
  readonly pods: Informer<Pod>;
  readonly owners: Lister<O>;
  readonly kind: string;
  /** Whether an owner would have an orphan with these labels. */
  selects(owner: Cached<O>, labels: Readonly<Record<string, string>>): boolean;
  readonly queue: WorkQueue;
  readonly expectations: Expectations;
}

/** Enqueues the owner of every pod that changes, and whoever might adopt an orphan; settles expectations. */
export function watchPods<O extends ApiObject>(options: WatchPodsOptions<O>): void {
  const { pods, queue, expectations } = options;
  const ownerKeyOf = (pod: Cached<Pod>): string | undefined => ownerKey(options, pod);
  const leaves = (pod: Cached<Pod>): void => {
    const key = ownerKeyOf(pod);
    if (key === undefined) return;
    expectations.deletionObserved(key, keyOf(pod));
    queue.add(key);
  };
  const comes = (pod: Cached<Pod>): void => {
    if (pod.metadata.deletionTimestamp !== undefined) {
      leaves(pod);
      return;
    }
    const key = ownerKeyOf(pod);
    if (key === undefined) {
      offer(options, pod);
      return;
    }
    expectations.creationObserved(key);
    queue.add(key);
  };
  pods.addHandler({
    added: comes,
    deleted: leaves,
    updated: (pod, old) => {
      const changed = controllerOf(pod)?.uid !== controllerOf(old)?.uid;
      if (pod.metadata.deletionTimestamp !== undefined) {
        leaves(pod);
        if (changed || !semanticEqual(pod.metadata.labels, old.metadata.labels)) leaves(old);
        return;
      }
      const oldKey = changed ? ownerKeyOf(old) : undefined;
      if (oldKey !== undefined) queue.add(oldKey);
      const key = ownerKeyOf(pod);
      if (key !== undefined) queue.add(key);
      else if (changed || !semanticEqual(pod.metadata.labels, old.metadata.labels)) offer(options, pod);
    },
  });
}

/** The key of the owner of that kind, if it is the one that the reference means. */
function ownerKey<O extends ApiObject>({ owners, kind }: WatchPodsOptions<O>, pod: Cached<Pod>): string | undefined {
  const reference = controllerOf(pod);
  if (!reference || reference.kind !== kind) return undefined;
  const owner = owners.get(pod.metadata.namespace ?? "", reference.name);
  return owner?.metadata.uid === reference.uid ? objectKey(pod.metadata.namespace, reference.name) : undefined;
}

/** Lets those look that would adopt an orphan. */
function offer<O extends ApiObject>({ owners, queue, selects }: WatchPodsOptions<O>, pod: Cached<Pod>): void {
  if (controllerOf(pod)) return;
  for (const owner of owners.byNamespace(pod.metadata.namespace ?? "")) {
    if (selects(owner, pod.metadata.labels ?? {})) queue.add(keyOf(owner));
  }
}
