// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  type FieldRequirement,
  FieldSelector,
  type KubeObject,
  LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
} from "../../apimachinery/index.ts";
import type { CacheEntry } from "../cache/index.ts";
import type { ServedKind } from "./served-kind.ts";

/** Which objects of a resource a list or a watch is about. */
export interface Selection {
  readonly namespace: string;
  /** The one object, when the selector or the path names it. */
  readonly name: string;
  /** At most one object can be meant: it is read by its key, and nothing is paged. */
  readonly single: boolean;
  /** The value of the dispatch field, when the selector states it. */
  readonly fieldValue: string | undefined;
  /** undefined: everything in the namespace (of that name). */
  readonly matches: ((entry: CacheEntry) => boolean) | undefined;
  /** Equal for equal selectors. */
  readonly key: string;
}

const asBadRequest = <T>(parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
};

/** What is said of a field that a kind without words of its own does not select by. */
export const unknownFieldLabel = (field: string): string =>
  `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;

/** 400 for a field that the kind does not select by. */
function checkField(served: ServedKind, field: string): void {
  const { kind } = served;
  if (field === "metadata.name") return;
  // Kinds that convert their labels themselves leave out what they do not have.
  if (field === "metadata.namespace" && (kind.namespaced || !kind.fieldLabelError)) return;
  if (kind.selectableFields && Object.hasOwn(kind.selectableFields, field)) return;
  throw badRequest(kind.fieldLabelError?.(field) ?? unknownFieldLabel(field));
}

type Test = (entry: CacheEntry) => boolean;

/** How one field is read of an entry: a column, or the converted object. */
function fieldReader(served: ServedKind, field: string): (entry: CacheEntry) => string {
  if (field === "metadata.name") return (entry) => entry.name;
  if (field === "metadata.namespace") return (entry) => entry.namespace;
  const { storage } = served.store;
  if (!served.kind.storage) {
    const index = storage.cache.fieldIndex(field);
    return (entry) => entry.fields[index]!;
  }
  const read = served.kind.selectableFields![field]!;
  return (entry) => read(storage.passingObjectOf(entry) as KubeObject);
}

function fieldTest(served: ServedKind, { field, operator, value }: FieldRequirement): Test {
  const read = fieldReader(served, field);
  return operator === "=" ? (entry) => read(entry) === value : (entry) => read(entry) !== value;
}

function combine(tests: readonly Test[]): Test | undefined {
  if (tests.length === 0) return undefined;
  if (tests.length === 1) return tests[0];
  return (entry) => {
    for (const test of tests) if (!test(entry)) return false;
    return true;
  };
}

const isSingle = (served: ServedKind, namespace: string, name: string): boolean =>
  name !== "" && (namespace !== "" || !served.kind.namespaced);

/** Reads the selectors of a list, watch or deletecollection. */
export function readSelection(served: ServedKind, namespace: string, query: URLSearchParams, name: string): Selection {
  const labelText = query.get("labelSelector");
  const fieldText = query.get("fieldSelector");
  if (!labelText && !fieldText) {
    return {
      namespace,
      name,
      single: isSingle(served, namespace, name),
      fieldValue: undefined,
      matches: undefined,
      key: "",
    };
  }
  const labels = labelText ? asBadRequest(() => parseLabelSelector(labelText)) : LabelSelector.everything;
  const fields = fieldText ? asBadRequest(() => parseFieldSelector(fieldText)) : FieldSelector.everything;
  for (const { field } of fields.requirements) checkField(served, field);
  const tests: Test[] = [];
  if (!labels.matchesEverything) tests.push((entry) => labels.matches(entry.labels));
  const exactName = fields.exactValue("metadata.name");
  if (name && !fields.matchesEverything && exactName !== name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  for (const requirement of fields.requirements) {
    const { field, operator, value } = requirement;
    const isTheName = field === "metadata.name" && operator === "=" && value === exactName && value !== "";
    if (!isTheName) tests.push(fieldTest(served, requirement));
  }
  const selectedName = name || (exactName ?? "");
  const { dispatchField } = served.store.storage.cache.resource;
  return {
    namespace,
    name: selectedName,
    single: isSingle(served, namespace, selectedName),
    fieldValue: dispatchField && !served.kind.storage ? fields.exactValue(dispatchField) : undefined,
    matches: combine(tests),
    key: `${labels}|${fields}`,
  };
}
