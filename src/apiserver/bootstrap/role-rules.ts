// SPDX-License-Identifier: Apache-2.0

import type { PolicyRule } from "../authorization/policy-rule.ts";

/** Roles of one table: name → rules. */
export type RoleTable = Readonly<Record<string, readonly PolicyRule[]>>;

export const READ = "get list watch";
export const WRITE = "create delete deletecollection patch update";
export const ALL = "create delete deletecollection get list patch update watch";
/** What it takes to report events. */
export const REPORT = "create patch update";

const words = (text: string): string[] => text.split(" ");

/** A rule over resources; words are separated by blanks, the core group is `core`. */
export const rule = (groups: string, resources: string, verbs: string, names?: string): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: words(groups).map((group) => (group === "core" ? "" : group)),
  resources: words(resources),
  ...(names ? { resourceNames: words(names) } : {}),
});

/** A rule over paths that are no resources. */
export const urls = (paths: string, verbs: string): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(paths),
});
