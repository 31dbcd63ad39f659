// SPDX-License-Identifier: Apache-2.0

import { assert } from "../../base/index.ts";
import { type LabelSelectorFields, type ObjectMeta, sentEmpty, withChanges } from "../../apimachinery/index.ts";
import { INTERNAL_TYPES } from "./internal-types.ts";
import { printedMetadata, printedSelector, sortedMap } from "./printed.ts";

interface InternalField {
  readonly name: string;
  readonly jsonName: string;
  readonly code: string;
}

const parsed = new Map<string, readonly InternalField[]>();

function fieldsOf(type: string): readonly InternalField[] {
  let fields = parsed.get(type);
  if (fields) return fields;
  const line = INTERNAL_TYPES[type];
  assert(line !== undefined, `no internal form of ${type} is known`);
  const parts = line === "" ? [] : line.split(", ");
  fields = parts.map((part) => {
    const [names = "", code = ""] = part.split(" ");
    const [name = "", jsonName = name.charAt(0).toLowerCase() + name.slice(1)] = names.split("=");
    return { name, jsonName, code };
  });
  parsed.set(type, fields);
  return fields;
}

const ZERO: Readonly<Record<string, unknown>> = { "": "", n: 0, b: false, q: "0", "*": null, l: null, m: null };

/** Maps by their keys; selectors, the only outside structs within, by their fields. */
function printed(code: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  if (code === "m") return sortedMap(value as Record<string, unknown>);
  const isSelector = "matchLabels" in value || "matchExpressions" in value;
  return isSelector ? printedSelector(value as LabelSelectorFields) : value;
}

function formOf(code: string, value: unknown): unknown {
  const zero = ZERO[code];
  if (zero !== undefined) return value === undefined ? zero : printed(code, value);
  if (code.startsWith("[")) return Array.isArray(value) ? value.map((item) => internalForm(code.slice(1), item)) : null;
  if (code.startsWith("*")) return value === undefined ? null : internalForm(code.slice(1), value);
  return internalForm(code, value ?? {});
}

/** Fields of a pod that the internal type keeps inside its security context. */
const HOST_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] as const;

function withHostFields(spec: Record<string, unknown>): Record<string, unknown> {
  const hosts: Record<string, unknown> = {};
  for (const name of HOST_FIELDS) if (spec[name] !== undefined) hosts[name] = spec[name];
  if (!spec["securityContext"] && Object.keys(hosts).length === 0) return spec;
  const context = withChanges((spec["securityContext"] ?? {}) as Record<string, unknown>, hosts);
  return { ...spec, securityContext: context };
}

const isCollection = (code: string): boolean => code === "l" || code === "m" || code.startsWith("[");

/** A value as validation messages print it: every field by its Go name, absent ones as their zero. */
export function internalForm(type: string, value: unknown): unknown {
  if (value === null || typeof value !== "object") return value ?? null;
  const plain = value as Record<string, unknown>;
  const source = type === "PodSpec" ? withHostFields(plain) : plain;
  // Templates embed their metadata.
  const form: Record<string, unknown> = type.endsWith("Template")
    ? { ...printedMetadata(plain["metadata"] as ObjectMeta | undefined) }
    : {};
  for (const { name, jsonName, code } of fieldsOf(type))
    form[name] = (isCollection(code) && sentEmpty(plain, jsonName)) || formOf(code, source[jsonName]);
  return form;
}
