// SPDX-License-Identifier: Apache-2.0

/** Which rollout of its deployment a replica set is; on the deployment, which one is current. */
export const REVISION = "deployment.kubernetes.io/revision";
/** The revisions that a replica set was before, when a rollback made it current again. */
export const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
/** What the deployment wanted when it last scaled the replica set. */
export const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
/** The same with the surge: the base of proportional scaling. */
export const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

const REVISION_HISTORY_CHARACTERS_MAX = 2_000;

/** Annotations of a deployment that are not copied to its replica sets. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);

export type Annotations = Readonly<Record<string, string>>;

/** A whole number, or undefined for anything else. */
export const integerOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;

export const revisionOf = (annotations: Annotations | undefined): number => integerOf(annotations?.[REVISION]) ?? 0;

function extendedHistory(history: string | undefined, revision: string): string | undefined {
  if (!history) return revision;
  const kept = history.split(",");
  let length = history.length + revision.length + 1;
  while (length > REVISION_HISTORY_CHARACTERS_MAX && kept.length > 0) length -= kept.shift()!.length + 1;
  return length <= REVISION_HISTORY_CHARACTERS_MAX ? [...kept, revision].join(",") : undefined;
}

/** The annotations of the new replica set: those of the deployment, and the revision that it is now. */
export function newReplicaSetAnnotations(
  deployment: Annotations,
  existing: Annotations,
  newRevision: number,
): Record<string, string> {
  const out: Record<string, string> = { ...existing };
  for (const key in deployment) if (!OWN_ANNOTATIONS.has(key)) out[key] = deployment[key]!;
  const old = existing[REVISION];
  const oldRevision = old ? integerOf(old) : 0;
  if (oldRevision === undefined || oldRevision >= newRevision) return out;
  out[REVISION] = String(newRevision);
  if (old === undefined) return out;
  const history = extendedHistory(existing[REVISION_HISTORY], old);
  if (history !== undefined) out[REVISION_HISTORY] = history;
  return out;
}
