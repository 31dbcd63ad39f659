// SPDX-License-Identifier: Apache-2.0

import { isJsonObject, type JsonObject } from "../json-value.ts";
import type { DeepReadonly, KubeObject } from "../object.ts";
import { compareText } from "../text-order.ts";
import { compareObjects } from "./compare.ts";
import { difference, type FieldSet } from "./field-set.ts";
import { fieldSetOf } from "./present-fields.ts";
import { BadListElement, type Structure } from "./structure.ts";
import { misfitText } from "./validate.ts";

/** Where kubectl's client-side apply keeps what it applied last. */
export const LAST_APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

/** All annotations of an object together may have no more bytes than this. */
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** The manager of kubectl's server-side apply; it alone takes over from client-side apply. */
export const KUBECTL = "kubectl";

const lastAppliedOf = (object: DeepReadonly<KubeObject>): string | undefined =>
  object.metadata?.annotations?.[LAST_APPLIED_ANNOTATION] || undefined;

/**
 * The fields that client-side apply set and nobody changed since: kubectl may take these over without a conflict.
 * Undefined when there are none to speak of.
 */
export function clientSideFields(
  live: DeepReadonly<KubeObject>,
  apiVersion: string,
  structure: Structure,
): FieldSet | undefined {
  const text = lastAppliedOf(live);
  if (text === undefined) return undefined;
  const lastApplied = parseObject(text);
  if (lastApplied?.apiVersion !== apiVersion || misfitText(lastApplied, structure) !== undefined) return undefined;
  try {
    const { added, modified, removed } = compareObjects(lastApplied, live, structure);
    return [modified, added, removed].reduce(difference, fieldSetOf(lastApplied, structure));
  } catch (error) {
    if (error instanceof BadListElement) return undefined;
    throw error;
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of client-side apply up to date, where there is one, so that one may go back to it. */
export function refreshLastApplied(object: KubeObject, applied: DeepReadonly<KubeObject>): void {
  const { annotations } = object.metadata;
  if (!annotations || lastAppliedOf(object) === undefined) return;
  annotations[LAST_APPLIED_ANNOTATION] = lastAppliedText(applied);
  if (annotationsBytes(annotations) > MAX_ANNOTATIONS_BYTES) delete annotations[LAST_APPLIED_ANNOTATION];
}

/** The configuration without the annotation itself, as the original encodes it: keys sorted, a newline at the end. */
function lastAppliedText(applied: DeepReadonly<KubeObject>): string {
  const { annotations } = applied.metadata;
  if (!annotations) return `${sortedJson(applied)}\n`;
  const { [LAST_APPLIED_ANNOTATION]: _, ...others } = annotations;
  return `${sortedJson({ ...applied, metadata: { ...applied.metadata, annotations: others } })}\n`;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (!isJsonObject(value)) return escapeHtml(JSON.stringify(value));
  const fields = Object.keys(value).sort(compareText);
  return `{${fields.map((key) => `${escapeHtml(JSON.stringify(key))}:${sortedJson(value[key])}`).join(",")}}`;
}

const escapeHtml = (text: string): string =>
  text.replace(/[<>&\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);

const utf8 = new TextEncoder();

function annotationsBytes(annotations: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += utf8.encode(key).length + utf8.encode(value).length;
  return bytes;
}
