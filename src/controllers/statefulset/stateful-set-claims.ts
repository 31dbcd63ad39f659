// SPDX-License-Identifier: Apache-2.0

import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from "../../api/index.ts";
import { type DeepReadonly, isAlreadyExists, semanticEqual } from "../../apimachinery/index.ts";
import {
  objectReferenceTo,
  PERSISTENT_VOLUME_CLAIMS,
  STATEFUL_SETS,
  type Cached,
  type Client,
  type EventRecorder,
  type Lister,
} from "../../client/index.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { messageOf } from "../shared/status-cause.ts";
import { claimName, claimOwners, newClaims, ordinalOf } from "./identity.ts";

type Options = { readonly signal: AbortSignal };

/** Keeps the volume claims of stateful sets: made before the pod, kept or let go as the retention policy says. */
export class StatefulSetClaims {
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #claims: Lister<PersistentVolumeClaim>;

  constructor(client: Client, recorder: EventRecorder, claims: Lister<PersistentVolumeClaim>) {
    this.#client = client;
    this.#recorder = recorder;
    this.#claims = claims;
  }

  /** Makes the claims of an ordinal that are missing. */
  async ensure(set: Cached<StatefulSet>, ordinal: number, options: Options): Promise<void> {
    const { namespace = "" } = set.metadata;
    for (const claim of newClaims(set, ordinal)) {
      const name = claim.metadata.name ?? "";
      if (this.#claims.get(namespace, name)) continue;
      await this.#create(set, claim, ordinal, options);
    }
  }

  async #create(
    set: Cached<StatefulSet>,
    claim: PersistentVolumeClaim,
    ordinal: number,
    options: Options,
  ): Promise<void> {
    const { name, namespace = "" } = set.metadata;
    const what = `create Claim ${claim.metadata.name} Pod ${name}-${ordinal} in StatefulSet ${name}`;
    const about = objectReferenceTo(STATEFUL_SETS, set);
    try {
      await this.#client.resource(PERSISTENT_VOLUME_CLAIMS).namespace(namespace).create(claim, options);
      this.#recorder.event(about, { type: "Normal", reason: "SuccessfulCreate", message: `${what} success` });
    } catch (error) {
      if (isAlreadyExists(error)) return;
      const message = `${what} failed error: ${messageOf(error)}`;
      this.#recorder.event(about, { type: "Warning", reason: "FailedCreate", message });
      throw error;
    }
  }

  /** Makes claims of pods that are there owned as the retention policy says. */
  async retain(set: Cached<StatefulSet>, pods: readonly Cached<Pod>[], options: Options): Promise<void> {
    const { namespace = "" } = set.metadata;
    for (const pod of pods) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal === undefined) continue;
      for (const template of set.spec.volumeClaimTemplates ?? []) {
        const claim = this.#claims.get(namespace, claimName(set, template.metadata.name ?? "", ordinal));
        if (claim) await this.#own(claim, { set, pod, owners: claimOwners(set, pod, ordinal) }, options);
      }
    }
  }

  async #own(
    claim: Cached<PersistentVolumeClaim>,
    owned: { readonly set: Cached<StatefulSet>; readonly pod: Cached<Pod>; readonly owners: OwnerReference[] },
    options: Options,
  ): Promise<void> {
    const ours = new Set([owned.set.metadata.uid, owned.pod.metadata.uid]);
    const before: readonly DeepReadonly<OwnerReference>[] = claim.metadata.ownerReferences ?? [];
    const others = before.filter(({ uid }) => !ours.has(uid));
    const ownerReferences = [...others, ...owned.owners];
    if (semanticEqual(before, ownerReferences)) return;
    const plain = claim as PersistentVolumeClaim;
    const resource = this.#client.resource(PERSISTENT_VOLUME_CLAIMS).namespace(claim.metadata.namespace ?? "");
    await orUndefined(resource.update({ ...plain, metadata: { ...plain.metadata, ownerReferences } }, options));
  }
}
