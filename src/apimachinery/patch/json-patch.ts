// SPDX-License-Identifier: Apache-2.0

import { copyJson, equalJson, isJsonObject, jsonField, setJsonField, type JsonObject } from "../json-value.ts";
import { goText } from "./go-text.ts";
import { decodeJsonPatch, type JsonPatchOperation } from "./json-patch-operation.ts";
import { unprocessablePatch } from "./patch-error.ts";

/** The `copy` operations of one patch may add no more bytes than this. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

const utf8 = new TextEncoder();

type Container = JsonObject | unknown[];

/** The document while a patch runs over it: all private, changed in place. */
interface PatchRun {
  root: unknown;
  copiedBytes: number;
}

export interface JsonPatchOptions {
  /** The members of operations must be of their types, applied or not; true unless given. */
  readonly strict?: boolean;
}

/** Why an operation does not apply; the words are those of the library that the original uses. */
class DoesNotApply extends Error {}

/**
 * Applies an RFC 6902 patch; returns a new document that shares nothing with `document` or `patch`, which stay as they
 * are. Throws StatusError: 400 for what is no patch, 413 for too many operations, 422 for a patch that does not apply.
 *
 * As in the original, array indices may be negative (counted from the end), `replace` of an absent field adds it, and
 * `test` of an absent field against null holds.
 */
export function applyJsonPatch(document: unknown, patch: unknown, options?: JsonPatchOptions): unknown {
  const operations = decodeJsonPatch(patch, options?.strict ?? true);
  const run: PatchRun = { root: copyJson(document), copiedBytes: 0 };
  try {
    for (const operation of operations) applyOperation(run, operation);
  } catch (error) {
    if (error instanceof DoesNotApply) throw unprocessablePatch(error.message);
    throw error;
  }
  return run.root;
}

function applyOperation(run: PatchRun, operation: JsonPatchOperation): void {
  switch (operation.op) {
    case "add":
      return add(run, operation);
    case "remove":
      return remove(run, operation);
    case "replace":
      return replace(run, operation);
    case "move":
      return move(run, operation);
    case "test":
      return test(run, operation);
    case "copy":
      return copy(run, operation);
    default:
      throw new DoesNotApply(`Unexpected kind: ${operation.op ?? "unknown"}`);
  }
}

function add(run: PatchRun, operation: JsonPatchOperation): void {
  const { path } = operation;
  if (typeof path !== "string") throw new DoesNotApply("add operation failed to decode path: missing value");
  const at = locate(run.root, path);
  if (!at) throw new DoesNotApply(`add operation does not apply: doc is missing path: "${path}": missing value`);
  within(`error in add for path: '${path}'`, () => addChild(at.container, at.key, copyJson(operation.value ?? null)));
}

function remove(run: PatchRun, operation: JsonPatchOperation): void {
  const { path } = operation;
  if (typeof path !== "string") throw new DoesNotApply("remove operation failed to decode path: missing value");
  const at = locate(run.root, path);
  if (!at) throw new DoesNotApply(`remove operation does not apply: doc is missing path: "${path}": missing value`);
  within(`error in remove for path: '${path}'`, () => removeChild(at.container, at.key));
}

function replace(run: PatchRun, operation: JsonPatchOperation): void {
  const path = pathOf(operation, "replace");
  if (path === "") {
    if (!isContainer(operation.value)) throw new DoesNotApply("replace operation value must be object or array");
    run.root = copyJson(operation.value);
    return;
  }
  const at = locate(run.root, path);
  if (!at) throw new DoesNotApply(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  const value = copyJson(operation.value ?? null);
  if (!Array.isArray(at.container)) return setJsonField(at.container, at.key, value);
  const index = indexIn(at.key, at.container.length - 1);
  if (typeof index === "string") {
    throw new DoesNotApply(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  }
  at.container[index] = value;
}

function move(run: PatchRun, operation: JsonPatchOperation): void {
  const from = fromOf(operation, "move");
  const source = locate(run.root, from);
  if (!source)
    throw new DoesNotApply(`move operation does not apply: doc is missing from path: ${from}: missing value`);
  const value = within(`error in move for path: '${source.key}'`, () => {
    const found = child(source.container, source.key);
    removeChild(source.container, source.key);
    return found;
  });
  const path = pathOf(operation, "move");
  const target = locate(run.root, path);
  if (!target) {
    throw new DoesNotApply(`move operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  within(`error in move for path: '${path}'`, () => addChild(target.container, target.key, value ?? null));
}

function test(run: PatchRun, operation: JsonPatchOperation): void {
  const path = pathOf(operation, "test");
  const failed = () => new DoesNotApply(`testing value ${path} failed: test failed`);
  if (path === "") {
    if (!equalJson(run.root, operation.value)) throw failed();
    return;
  }
  const at = locate(run.root, path);
  if (!at) throw new DoesNotApply(`test operation does not apply: is missing path: ${path}: missing value`);
  const value = within(`error in test for path: '${path}'`, () => child(at.container, at.key));
  if (!equalJson(value ?? null, operation.value ?? null)) throw failed();
}

function copy(run: PatchRun, operation: JsonPatchOperation): void {
  const from = fromOf(operation, "copy");
  const source = locate(run.root, from);
  if (!source)
    throw new DoesNotApply(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
  const value = within(`error in copy for from: '${from}'`, () => child(source.container, source.key)) ?? null;
  const { path } = operation;
  if (typeof path !== "string") throw new DoesNotApply("copy operation failed to decode path: missing value");
  const target = locate(run.root, path);
  if (!target) {
    throw new DoesNotApply(`copy operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  run.copiedBytes += value === null ? 0 : utf8.encode(JSON.stringify(value)).length;
  if (run.copiedBytes > MAX_COPIED_BYTES) {
    throw new DoesNotApply(
      `Unable to complete the copy, the accumulated size increase of copy is ${run.copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
    );
  }
  within("error while adding value during copy", () => addChild(target.container, target.key, copyJson(value)));
}

function pathOf(operation: JsonPatchOperation, kind: string): string {
  if (typeof operation.path === "string") return operation.path;
  throw new DoesNotApply(`${kind} operation failed to decode path: operation missing path field: missing value`);
}

function fromOf(operation: JsonPatchOperation, kind: string): string {
  if (typeof operation.from === "string") return operation.from;
  throw new DoesNotApply(`${kind} operation failed to decode from: operation, missing from field: missing value`);
}

/** Runs one step and says in which operation it failed. */
function within<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof DoesNotApply) throw new DoesNotApply(`${where}: ${error.message}`);
    throw error;
  }
}

const isContainer = (value: unknown): value is Container => Array.isArray(value) || isJsonObject(value);

const unescapeToken = (token: string): string =>
  token.includes("~") ? token.replace(/~[01]/g, (escape) => (escape === "~1" ? "/" : "~")) : token;

/** The container that holds what a JSON pointer names, and the last key; undefined when there is no such container. */
function locate(root: unknown, pointer: string): { container: Container; key: string } | undefined {
  const tokens = pointer.split("/");
  if (tokens.length < 2 || !isContainer(root)) return undefined;
  let container: Container = root;
  for (let i = 1; i < tokens.length - 1; i++) {
    const key = unescapeToken(tokens[i]!);
    const next: unknown = Array.isArray(container) ? elementOf(container, key) : jsonField(container, key);
    if (!isContainer(next)) return undefined;
    container = next;
  }
  return { container, key: unescapeToken(tokens[tokens.length - 1]!) };
}

/** The element that an index form names; undefined when it names none. */
function elementOf(list: readonly unknown[], key: string): unknown {
  const index = indexIn(key, list.length - 1);
  return typeof index === "number" ? list[index] : undefined;
}

/**
 * The position that an array key names, at most `last`; negative ones count back from the position after `last`.
 * Text when the key names none: why.
 */
function indexIn(key: string, last: number): number | string {
  if (!/^[+-]?\d+$/.test(key)) return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
  const index = Number(key) + 0;
  const position = index < 0 ? index + last + 1 : index;
  if (position < 0 || position > last)
    return `Unable to access invalid index: ${goText(index)}: invalid index referenced`;
  return position;
}

function checkedIndex(key: string, last: number): number {
  const index = indexIn(key, last);
  if (typeof index === "string") throw new DoesNotApply(index);
  return index;
}

function child(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[checkedIndex(key, container.length - 1)] : jsonField(container, key);
}

function addChild(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) return setJsonField(container, key, value);
  if (key === "-") {
    container.push(value);
    return;
  }
  const index = indexIn(key, container.length);
  if (typeof index === "number") {
    container.splice(index, 0, value);
    return;
  }
  const prefix = index.startsWith("strconv") ? `value was not a proper array index: '${key}': ` : "";
  throw new DoesNotApply(prefix + index);
}

function removeChild(container: Container, key: string): void {
  if (Array.isArray(container)) {
    container.splice(checkedIndex(key, container.length - 1), 1);
    return;
  }
  if (!Object.hasOwn(container, key)) {
    throw new DoesNotApply(`Unable to remove nonexistent key: ${key}: missing value`);
  }
  delete container[key];
}
