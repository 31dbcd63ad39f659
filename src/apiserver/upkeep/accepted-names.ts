// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, sameJson } from "../../apimachinery/index.ts";
import type { CustomResourceDefinition } from "../../api/index.ts";
import type { ConditionText } from "./definition-conditions.ts";

type Definition = DeepReadonly<CustomResourceDefinition>;
export type Names = NonNullable<NonNullable<CustomResourceDefinition["status"]>["acceptedNames"]>;

/** What becomes of the names that a definition asks for. */
export interface NamingDecision {
  readonly names: Names;
  readonly namesAccepted: ConditionText;
  readonly established: ConditionText;
}

/** Names that definitions of a group have taken, the asking one's own among them. */
function takenBy(definitions: readonly Definition[]): {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
} {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of definitions) {
    const { plural = "", singular = "", shortNames = [], kind = "", listKind = "" } = status?.acceptedNames ?? {};
    for (const name of [plural, singular, ...shortNames]) resources.add(name);
    for (const name of [kind, listKind]) kinds.add(name);
  }
  return { resources, kinds };
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;
const REASONS = {
  plural: "PluralConflict",
  singular: "SingularConflict",
  kind: "KindConflict",
  listKind: "ListKindConflict",
} as const;

const NOT_ACCEPTED: ConditionText = {
  type: "Established",
  status: "False",
  reason: "NotAccepted",
  message: "not all names are accepted",
};
const INSTALLING: ConditionText = {
  type: "Established",
  status: "False",
  reason: "Installing",
  message: "the initial names have been accepted",
};
const NO_CONFLICTS: ConditionText = {
  type: "NamesAccepted",
  status: "True",
  reason: "NoConflicts",
  message: "no conflicts found",
};

/** Collects the names that are free, and the last conflict of those that are not. */
class Naming {
  readonly names: Names;
  conflict: ConditionText | undefined;

  constructor(accepted: DeepReadonly<Names> | undefined) {
    this.names = { ...(accepted as Names | undefined), plural: accepted?.plural ?? "", kind: accepted?.kind ?? "" };
  }

  take(field: keyof typeof REASONS, wanted: string, taken: ReadonlySet<string>): void {
    if (wanted !== (this.names[field] ?? "") && taken.has(wanted)) this.refuse(REASONS[field], inUse(wanted));
    else if (wanted !== "" || this.names[field] !== undefined) this.names[field] = wanted;
  }

  takeShortNames(wanted: readonly string[], taken: ReadonlySet<string>): void {
    const present = this.names.shortNames ?? [];
    if (sameJson(wanted, present)) return;
    const conflicts = wanted.filter((name) => !present.includes(name) && taken.has(name)).map(inUse);
    if (conflicts.length > 0)
      this.refuse("ShortNamesConflict", conflicts.length === 1 ? conflicts[0]! : `[${conflicts.join(", ")}]`);
    else if (wanted.length > 0) this.names.shortNames = [...wanted];
    else delete this.names.shortNames;
  }

  refuse(reason: string, message: string): void {
    this.conflict = { type: "NamesAccepted", status: "False", reason, message };
  }
}

/** Gives a definition the names that it asks for, but for those that others of its group have. */
export function decideNames(definition: Definition, group: readonly Definition[]): NamingDecision {
  const { resources, kinds } = takenBy(group);
  const { names: wanted } = definition.spec;
  const naming = new Naming(definition.status?.acceptedNames);
  naming.take("plural", wanted.plural, resources);
  naming.take("singular", wanted.singular ?? "", resources);
  naming.takeShortNames(wanted.shortNames ?? [], resources);
  naming.take("kind", wanted.kind, kinds);
  naming.take("listKind", wanted.listKind ?? "", kinds);
  if (wanted.categories?.length) naming.names.categories = [...wanted.categories];
  else delete naming.names.categories;
  const namesAccepted = naming.conflict ?? NO_CONFLICTS;
  const before = definition.status?.conditions?.find(({ type }) => type === "Established");
  const isInstalling = before?.status !== "True" && namesAccepted.status === "True";
  return { names: naming.names, namesAccepted, established: isInstalling ? INSTALLING : (before ?? NOT_ACCEPTED) };
}
