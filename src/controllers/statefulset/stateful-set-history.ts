// SPDX-License-Identifier: Apache-2.0

import type { ControllerRevision, Pod, PodTemplateSpec, StatefulSet } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import { CONTROLLER_REVISIONS, type Cached, type Client, type Lister } from "../../client/index.ts";
import { controllerReference, selectorOf } from "../../rules/index.ts";
import {
  byRevision,
  createRevision,
  isRevisionOf,
  nextRevisionNumber,
  type Revision,
  type RevisionOwner,
} from "../shared/controller-revisions.ts";
import { claimObjects } from "../shared/claim.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { IDENTITY, REVISION_LABEL } from "./identity.ts";
import { STATEFUL_SETS } from "../../client/index.ts";

type Options = { readonly signal: AbortSignal };
type NamedRevision = Pick<Revision, "metadata" | "data">;

const HASH_LABEL = "controller.kubernetes.io/hash";

/** The revision that pods are of, and the one that they shall be of. */
export interface Revisions {
  readonly current: NamedRevision;
  readonly update: NamedRevision;
  readonly collisionCount: number;
  readonly all: readonly Revision[];
}

/** The template that a revision keeps. */
export function templateOf(set: Cached<StatefulSet>, revision: NamedRevision): DeepReadonly<PodTemplateSpec> {
  const data = revision.data as { readonly spec?: { readonly template?: DeepReadonly<PodTemplateSpec> } } | undefined;
  const template = data?.spec?.template;
  if (!template) return set.spec.template;
  const { $patch: _patch, ...rest } = template as DeepReadonly<PodTemplateSpec> & { $patch?: string };
  return rest;
}

/** Keeps the revisions of stateful sets. */
export class StatefulSetHistory {
  readonly #client: Client;
  readonly #revisions: Lister<ControllerRevision>;

  constructor(client: Client, revisions: Lister<ControllerRevision>) {
    this.#client = client;
    this.#revisions = revisions;
  }

  /** Makes the revision of the current template the newest one. */
  async sync(set: Cached<StatefulSet>, options: Options): Promise<Revisions> {
    const all = (await this.#claim(set, options)).sort(byRevision);
    const number = nextRevisionNumber(all);
    const collisionCount = set.status.collisionCount ?? 0;
    const equal = all.findLast((revision) => isRevisionOf(revision, set.spec.template));
    const { update, collisions } = await this.#update(set, { all, equal, number }, options);
    const current = all.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? update;
    return { current, update, collisionCount: collisions ?? collisionCount, all };
  }

  async #update(
    set: Cached<StatefulSet>,
    found: { readonly all: readonly Revision[]; readonly equal: Revision | undefined; readonly number: number },
    options: Options,
  ): Promise<{ readonly update: NamedRevision; readonly collisions?: number }> {
    const { all, equal, number } = found;
    if (equal && equal === all.at(-1)) return { update: equal };
    const resource = this.#resource(set);
    // A rollback: the old revision becomes the newest.
    if (equal)
      return { update: await resource.update({ ...(equal as ControllerRevision), revision: number }, options) };
    const created = await createRevision(resource, ownerOf(set), { ...options, revision: number });
    return { update: created.revision, collisions: created.collisionCount };
  }

  /** Forgets old revisions over the limit that no pod is of. */
  async trim(
    set: Cached<StatefulSet>,
    revisions: Revisions,
    pods: readonly Cached<Pod>[],
    options: Options,
  ): Promise<void> {
    const live = new Set<string | undefined>([revisions.current.metadata.name, revisions.update.metadata.name]);
    for (const { metadata } of pods) live.add(metadata.labels?.[REVISION_LABEL]);
    const idle = revisions.all.filter(({ metadata }) => !live.has(metadata.name));
    const excess = idle.length - (set.spec.revisionHistoryLimit ?? 10);
    for (const { metadata } of idle.slice(0, Math.max(0, excess))) {
      await orUndefined(this.#resource(set).delete(metadata.name, options));
    }
  }

  #claim(set: Cached<StatefulSet>, options: Options): Promise<Revision[]> {
    const { namespace = "", name, uid } = set.metadata;
    const selector = selectorOf(set.spec.selector);
    const candidates = [...this.#revisions.byOwner(uid), ...this.#revisions.orphans(namespace)];
    const claimant = {
      ...IDENTITY,
      metadata: set.metadata,
      matches: (labels: Readonly<Record<string, string>>) => selector.matches(labels),
      refresh: (signal: AbortSignal) =>
        orUndefined(this.#client.resource(STATEFUL_SETS).namespace(namespace).get(name, { signal })),
    };
    return claimObjects(claimant, candidates, { client: this.#client.resource(CONTROLLER_REVISIONS), ...options });
  }

  #resource(set: Cached<StatefulSet>) {
    return this.#client.resource(CONTROLLER_REVISIONS).namespace(set.metadata.namespace ?? "");
  }
}

const ownerOf = (set: Cached<StatefulSet>): RevisionOwner => ({
  metadata: set.metadata,
  reference: controllerReference(set, IDENTITY),
  template: set.spec.template,
  collisionCount: set.status.collisionCount ?? 0,
  hashLabel: HASH_LABEL,
});
