// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../status-error.ts";
import { compareText } from "../text-order.ts";
import { hasPath, pathsOf, setOfPaths, type FieldSet } from "./field-set.ts";
import { ownerIdentifier, type Owner } from "./manager-entries.ts";
import { pathDisplay, quoted, type PathElement } from "./path-element.ts";

/** A field that an applier would change and that another manager owns. */
export interface Conflict {
  readonly owner: Owner;
  readonly path: readonly PathElement[];
}

/** An apply that was stopped by conflicts; becomes 409 unless somebody forces it. */
export class ApplyConflicts extends Error {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super("apply conflicts");
    this.conflicts = conflicts;
  }

  /** The conflicting paths. */
  paths(): FieldSet {
    return setOfPaths(this.conflicts.map(({ path }) => path));
  }

  /** These conflicts without those on paths of `set`. */
  without(set: FieldSet): ApplyConflicts {
    return new ApplyConflicts(this.conflicts.filter(({ path }) => !hasPath(set, path)));
  }
}

/** The conflicts with one owner, path by path. */
export const conflictsOf = (owner: Owner, set: FieldSet): Conflict[] =>
  Array.from(pathsOf(set), (path) => ({ owner, path }));

/** 409 with a cause for each conflict. */
export function conflictError({ conflicts }: ApplyConflicts): StatusError {
  const sorted = [...conflicts].sort((left, right) =>
    compareText(ownerIdentifier(left.owner), ownerIdentifier(right.owner)),
  );
  return new StatusError({
    message: `Apply failed with ${messageOf(sorted)}`,
    reason: "Conflict",
    details: {
      causes: sorted.map(({ owner, path }) => ({
        reason: "FieldManagerConflict",
        message: `conflict with ${ownerDisplay(owner)}`,
        field: pathDisplay(path),
      })),
    },
    code: 409,
  });
}

function messageOf(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 1) {
    const { owner, path } = conflicts[0]!;
    return `1 conflict: conflict with ${ownerDisplay(owner)}: ${pathDisplay(path)}`;
  }
  const lines: string[] = [];
  let last: Owner | undefined;
  for (const { owner, path } of conflicts) {
    if (owner !== last) lines.push(`conflicts with ${ownerDisplay(owner)}:`);
    last = owner;
    lines.push(`- ${pathDisplay(path)}`);
  }
  return `${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function ownerDisplay({ manager, operation, apiVersion, subresource }: Owner): string {
  const within = subresource ? ` with subresource ${quoted(subresource)}` : "";
  return `${quoted(manager)}${within}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}
