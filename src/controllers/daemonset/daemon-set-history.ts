// SPDX-License-Identifier: Apache-2.0

import type { ControllerRevision, DaemonSet, Pod } from "../../api/index.ts";
import { CONTROLLER_REVISIONS, DAEMON_SETS, type Cached, type Client, type Lister } from "../../client/index.ts";
import { controllerReference, selectorOf } from "../../rules/index.ts";
import { claimObjects } from "../shared/claim.ts";
import {
  byRevision,
  createRevision,
  isRevisionOf,
  nextRevisionNumber,
  type Revision,
  type RevisionOwner,
} from "../shared/controller-revisions.ts";
import { orUndefined } from "../shared/or-undefined.ts";
import { HASH_LABEL } from "./daemon-pods.ts";

const IDENTITY = { apiVersion: "apps/v1", kind: "DaemonSet" } as const;

type Options = { readonly signal: AbortSignal };

/** What a daemon set was before, and which of it it is now. */
export interface History {
  readonly current: Pick<Revision, "metadata" | "revision">;
  readonly hash: string;
  readonly old: readonly Revision[];
  readonly collisionCount: number;
}

/** Keeps the revisions of daemon sets. */
export class DaemonSetHistory {
  readonly #client: Client;
  readonly #revisions: Lister<ControllerRevision>;

  constructor(client: Client, revisions: Lister<ControllerRevision>) {
    this.#client = client;
    this.#revisions = revisions;
  }

  /** Makes the revision of the current template the newest one. */
  async sync(daemonSet: Cached<DaemonSet>, options: Options): Promise<History> {
    const owned = (await this.#claim(daemonSet, options)).sort(byRevision);
    const matching = owned.filter((revision) => isRevisionOf(revision, daemonSet.spec.template));
    const newest = matching.at(-1);
    const old = owned.filter((revision) => revision !== newest);
    const number = nextRevisionNumber(old);
    const before = daemonSet.status.collisionCount ?? 0;
    if (!newest) {
      const client = this.#resource(daemonSet);
      const owner = ownerOf(daemonSet);
      const { revision, collisionCount } = await createRevision(client, owner, { ...options, revision: number });
      return { current: revision, hash: hashOf(revision), old, collisionCount };
    }
    if (newest.revision >= number) return { current: newest, hash: hashOf(newest), old, collisionCount: before };
    const renumbered = { ...(newest as ControllerRevision), revision: number };
    const current = await this.#resource(daemonSet).update(renumbered, options);
    return { current, hash: hashOf(current), old, collisionCount: before };
  }

  /** Forgets old revisions over the limit that no pod is of. */
  async trim(
    daemonSet: Cached<DaemonSet>,
    history: History,
    pods: readonly Cached<Pod>[],
    options: Options,
  ): Promise<void> {
    const excess = history.old.length - (daemonSet.spec.revisionHistoryLimit ?? 10);
    if (excess <= 0) return;
    const live = new Set(pods.map(({ metadata }) => metadata.labels?.[HASH_LABEL]));
    const idle = history.old.filter((revision) => !live.has(hashOf(revision)));
    for (const { metadata } of idle.slice(0, excess)) {
      await orUndefined(this.#resource(daemonSet).delete(metadata.name, options));
    }
  }

  #claim(daemonSet: Cached<DaemonSet>, options: Options): Promise<Revision[]> {
    const { namespace = "", name, uid } = daemonSet.metadata;
    const selector = selectorOf(daemonSet.spec.selector);
    const candidates = [...this.#revisions.byOwner(uid), ...this.#revisions.orphans(namespace)];
    const claimant = {
      ...IDENTITY,
      metadata: daemonSet.metadata,
      matches: (labels: Readonly<Record<string, string>>) => selector.matches(labels),
      refresh: (signal: AbortSignal) =>
        orUndefined(this.#client.resource(DAEMON_SETS).namespace(namespace).get(name, { signal })),
    };
    return claimObjects(claimant, candidates, { client: this.#client.resource(CONTROLLER_REVISIONS), ...options });
  }

  #resource(daemonSet: Cached<DaemonSet>) {
    return this.#client.resource(CONTROLLER_REVISIONS).namespace(daemonSet.metadata.namespace ?? "");
  }
}

const hashOf = (revision: Pick<Revision, "metadata">): string => revision.metadata.labels?.[HASH_LABEL] ?? "";

const ownerOf = (daemonSet: Cached<DaemonSet>): RevisionOwner => ({
  metadata: daemonSet.metadata,
  reference: controllerReference(daemonSet, IDENTITY),
  template: daemonSet.spec.template,
  collisionCount: daemonSet.status.collisionCount ?? 0,
  hashLabel: HASH_LABEL,
});
