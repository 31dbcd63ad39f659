// SPDX-License-Identifier: Apache-2.0

import type { ControllerRevision, PodTemplateSpec } from "../../api/index.ts";
import {
  type DeepReadonly,
  isAlreadyExists,
  type ObjectMeta,
  type OwnerReference,
  semanticEqual,
} from "../../apimachinery/index.ts";
import type { Cached, ResourceClient, Stored } from "../../client/index.ts";
import { objectHash } from "../../rules/index.ts";

/** Whose history it is. */
export interface RevisionOwner {
  readonly metadata: DeepReadonly<ObjectMeta>;
  readonly reference: OwnerReference;
  readonly template: DeepReadonly<PodTemplateSpec>;
  readonly collisionCount: number;
  /** The label that holds the hash: pods of a revision may carry the same. */
  readonly hashLabel: string;
}

export type Revision = Cached<ControllerRevision>;

const NAME_PREFIX_MAX = 223;

/** What a revision keeps: a patch that makes the template what it was. */
const revisionData = (template: DeepReadonly<PodTemplateSpec>): Record<string, unknown> => ({
  spec: { template: { ...template, $patch: "replace" } },
});

/** Oldest first: by number, then by age, then by name. */
export function byRevision(a: Revision, b: Revision): number {
  if (a.revision !== b.revision) return a.revision - b.revision;
  const [x, y] = [a.metadata, b.metadata];
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1;
  return x.name < y.name ? -1 : 1;
}

export const nextRevisionNumber = (revisions: readonly Revision[]): number =>
  revisions.reduce((max, { revision }) => Math.max(max, revision), 0) + 1;

/** Whether a revision is of that template. */
export const isRevisionOf = (revision: Revision, template: DeepReadonly<PodTemplateSpec>): boolean =>
  semanticEqual(revision.data, revisionData(template));

/** The revision of the owner's template as it is now. */
export function newRevision(owner: RevisionOwner, revision: number, collisionCount: number): ControllerRevision {
  const data = revisionData(owner.template);
  const hash = objectHash(data, collisionCount);
  const { name = "", namespace, annotations } = owner.metadata;
  return {
    metadata: {
      name: `${name.slice(0, NAME_PREFIX_MAX)}-${hash}`,
      namespace,
      labels: { ...owner.template.metadata?.labels, [owner.hashLabel]: hash },
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ownerReferences: [owner.reference],
    },
    data,
    revision,
  };
}

/** The revision that is there for the template after create(), and how often its hash collided. */
export interface CreatedRevision {
  readonly revision: Stored<ControllerRevision>;
  readonly collisionCount: number;
}

/** Makes a revision; another object of its name that says something else gives it another name. */
export async function createRevision(
  client: ResourceClient<ControllerRevision>,
  owner: RevisionOwner,
  options: { readonly revision: number; readonly signal: AbortSignal },
): Promise<CreatedRevision> {
  const { revision, signal } = options;
  for (let collisionCount = owner.collisionCount; ; collisionCount++) {
    const fresh = newRevision(owner, revision, collisionCount);
    try {
      return { revision: await client.create(fresh, { signal }), collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const found = await client.get(fresh.metadata.name ?? "", { signal });
      if (semanticEqual(found.data, fresh.data)) return { revision: found, collisionCount };
    }
  }
}
