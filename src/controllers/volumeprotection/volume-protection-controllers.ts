// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../api/index.ts";
import {
  DONE,
  keyOf,
  objectKey,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  splitKey,
  WorkQueue,
  type ApiObject,
  type Cached,
  type Informer,
  type Outcome,
  type Reconciler,
  type ResourceClient,
} from "../../client/index.ts";
import { controllerOfParts, type Controller, type ControllerContext } from "../controller.ts";
import { orUndefined } from "../shared/or-undefined.ts";

const CLAIM_FINALIZER = "kubernetes.io/pvc-protection";
const VOLUME_FINALIZER = "kubernetes.io/pv-protection";
const CLAIM_INDEX = "volumeprotection/claim";

/** What holds an object while it is used. */
interface Protection<T extends ApiObject> {
  readonly finalizer: string;
  readonly objects: Informer<T>;
  readonly client: ResourceClient<T>;
  isUsed(object: Cached<T>): boolean;
}

/** Puts the finalizer on objects that stay, and takes it off those that go and are not used any more. */
class ProtectionReconciler<T extends ApiObject> implements Reconciler {
  readonly #protection: Protection<T>;

  constructor(protection: Protection<T>) {
    this.#protection = protection;
  }

  async reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Outcome> {
    const { finalizer, objects, isUsed } = this.#protection;
    const object = objects.lister.getByKey(key);
    if (!object) return DONE;
    const finalizers = object.metadata.finalizers ?? [];
    const held = finalizers.includes(finalizer);
    const leaving = object.metadata.deletionTimestamp !== undefined;
    if (leaving && held && !isUsed(object)) {
      await this.#write(
        key,
        object,
        finalizers.filter((name) => name !== finalizer),
        options,
      );
    }
    if (!leaving && !held) await this.#write(key, object, [...finalizers, finalizer], options);
    return DONE;
  }

  async #write(
    key: string,
    object: Cached<T>,
    finalizers: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<void> {
    const next = { ...object, metadata: { ...object.metadata, finalizers } } as unknown as T;
    await orUndefined(this.#protection.client.namespace(splitKey(key).namespace).update(next, options));
  }
}

const claimsOf = (pod: Cached<Pod>): string[] => {
  // The kubelet does not start a pod whose claim is on its way out, so one that has no node uses nothing yet.
  if (!pod.spec.nodeName) return [];
  const { namespace, name } = pod.metadata;
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [objectKey(namespace, volume.persistentVolumeClaim.claimName)];
    return volume.ephemeral ? [objectKey(namespace, `${name}-${volume.name}`)] : [];
  });
};

/** Keeps a claim that is deleted until no pod uses it. */
export function createClaimProtectionController(context: ControllerContext): Controller {
  const name = "pvc-protection-controller";
  const queue = new WorkQueue({ clock: context.clock });
  const objects = context.informers.informer(PERSISTENT_VOLUME_CLAIMS);
  const pods = context.informers.informer(PODS);
  pods.addIndex(CLAIM_INDEX, claimsOf);
  const wake = (claim: Cached<PersistentVolumeClaim>): void => queue.add(keyOf(claim));
  const wakeClaims = (pod: Cached<Pod>): void => {
    for (const key of claimsOf(pod)) queue.add(key);
  };
  objects.addHandler({ added: wake, updated: wake });
  pods.addHandler({ deleted: wakeClaims });
  const reconciler = new ProtectionReconciler<PersistentVolumeClaim>({
    finalizer: CLAIM_FINALIZER,
    objects,
    client: context.clientFor(name).resource(PERSISTENT_VOLUME_CLAIMS),
    isUsed: (claim) => !isEmpty(pods.lister.byIndex(CLAIM_INDEX, keyOf(claim))),
  });
  return controllerOfParts({ name, context, queue, reconciler, caches: [objects, pods], workers: 1 });
}

/** Keeps a volume that is deleted until no claim is bound to it. */
export function createVolumeProtectionController(context: ControllerContext): Controller {
  const name = "pv-protection-controller";
  const queue = new WorkQueue({ clock: context.clock });
  const objects = context.informers.informer(PERSISTENT_VOLUMES);
  const wake = (volume: Cached<PersistentVolume>): void => queue.add(keyOf(volume));
  objects.addHandler({ added: wake, updated: wake });
  const reconciler = new ProtectionReconciler<PersistentVolume>({
    finalizer: VOLUME_FINALIZER,
    objects,
    client: context.clientFor(name).resource(PERSISTENT_VOLUMES),
    isUsed: ({ status }) => status.phase === "Bound",
  });
  return controllerOfParts({ name, context, queue, reconciler, caches: [objects], workers: 1 });
}

const isEmpty = (items: Iterable<unknown>): boolean => {
  for (const _item of items) return false;
  return true;
};
