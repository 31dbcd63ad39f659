// SPDX-License-Identifier: Apache-2.0

import { isJsonObject } from "../json-value.ts";
import { goText, goTypeName } from "../patch/index.ts";
import { elementDisplay, fieldElement, type PathElement } from "./path-element.ts";
import {
  BadListElement,
  type ListStructure,
  type MapStructure,
  type ScalarStructure,
  type Structure,
} from "./structure.ts";

/** One way in which a configuration does not fit its schema. */
interface Misfit {
  readonly path: string;
  readonly message: string;
}

/**
 * What keeps an applied configuration from being of its structure, in the words of the original; undefined when it fits.
 */
export function misfitText(value: unknown, structure: Structure): string | undefined {
  const misfits: Misfit[] = [];
  checkValue(value, structure, "", misfits);
  const lines = misfits.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  if (lines.length < 2) return lines[0];
  return ["errors:", ...lines.map((line) => `  ${line}`)].join("\n");
}

function checkValue(value: unknown, structure: Structure, path: string, misfits: Misfit[]): void {
  if (value === null || structure.type === "any") return;
  switch (structure.type) {
    case "scalar": {
      const message = scalarMisfit(value, structure);
      if (message) misfits.push({ path, message });
      return;
    }
    case "list":
      if (Array.isArray(value)) checkItems(value, structure, path, misfits);
      else misfits.push({ path, message: `expected list, got &{${goText(value)}}` });
      return;
    case "map":
      if (isJsonObject(value)) checkFields(value, structure, path, misfits);
      else misfits.push({ path, message: `expected map, got &{${goText(value)}}` });
  }
}

function scalarMisfit(value: unknown, structure: ScalarStructure): string | undefined {
  switch (structure.scalar) {
    case "int32":
    case "int64":
    case "number":
      return typeof value === "number" || typeof value === "bigint"
        ? undefined
        : `expected numeric (int or float), got ${goTypeName(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got &{${goText(value)}}`;
    case "quantity":
    case "intOrString":
    case "time":
    case "microTime":
      return typeof value === "object" ? `expected any scalar, got &{${goText(value)}}` : undefined;
    default:
      return typeof value === "string"
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  }
}

/** A value as Go's %#v prints it. */
function goSyntax(value: unknown): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isJsonObject(value)) return typeof value === "string" ? JSON.stringify(value) : goText(value);
  const fields = Object.keys(value).sort();
  return `map[string]interface {}{${fields.map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(", ")}}`;
}

function checkItems(list: readonly unknown[], structure: ListStructure, path: string, misfits: Misfit[]): void {
  const seen = new Set<PathElement>();
  for (let i = 0; i < list.length; i++) {
    let element: PathElement = `i:${i}`;
    if (!structure.atomic) {
      try {
        element = structure.elementOf(list[i]);
      } catch (error) {
        if (!(error instanceof BadListElement)) throw error;
        misfits.push({ path, message: `element ${i}: ${error.message}` });
        return;
      }
      if (seen.has(element)) {
        misfits.push({ path, message: `duplicate entries for key ${elementDisplay(element)}` });
      }
      seen.add(element);
    }
    checkValue(list[i], structure.items, path + elementDisplay(element), misfits);
  }
}

function checkFields(
  value: Readonly<Record<string, unknown>>,
  structure: MapStructure,
  path: string,
  misfits: Misfit[],
): void {
  for (const name of Object.keys(value)) {
    if (value[name] === undefined) continue;
    const field = structure.field(name);
    const fieldPath = path + elementDisplay(fieldElement(name));
    if (!field) {
      misfits.push({ path: fieldPath, message: "field not declared in schema" });
      return;
    }
    checkValue(value[name], field, fieldPath, misfits);
  }
}
