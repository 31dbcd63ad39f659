// SPDX-License-Identifier: Apache-2.0

import { existsSync, readFileSync } from "node:fs";
import type { Descriptions } from "./type-schemas.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/", import.meta.url);

/** Tests that compare with what upstream serves say so where its documents are not beside the checkout. */
export const skipWithoutUpstream: string | false = existsSync(DATA) ? false : "shared/data is not beside the checkout";

export const upstreamJson = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, DATA), "utf8")) as T;

interface Described {
  readonly description?: string;
  readonly properties?: Record<string, Described>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
}

/** An OpenAPI v3 document as far as the tests read it. */
export interface Document {
  readonly paths: Record<string, Record<string, unknown>>;
  readonly components: { readonly schemas: Record<string, Described> };
}

function parameterTexts({ paths }: Document): Record<string, string> {
  const texts: Record<string, string> = {};
  const note = (method: string, parameters: readonly Parameter[]): void => {
    for (const { name, description, in: place } of parameters) {
      if (place !== "query" || !description) continue;
      texts[method === "patch" && name === "fieldManager" ? `patch:${name}` : name] = description;
    }
  };
  for (const item of Object.values(paths)) {
    note("", (item["parameters"] as Parameter[] | undefined) ?? []);
    for (const [method, value] of Object.entries(item)) {
      const { parameters = [] } = value as { readonly parameters?: Parameter[] };
      note(method, parameters);
    }
  }
  return texts;
}

/** The texts of a document, as a set-up finds them in packages. */
export function descriptionsOf(document: Document): Descriptions {
  const types = Object.entries(document.components.schemas).map(([name, { description = "", properties = {} }]) => {
    const fields = Object.entries(properties).map(([field, property]) => [field, property.description ?? ""]);
    return [name, [description, Object.fromEntries(fields)]] as const;
  });
  return { parameters: ["", parameterTexts(document)], ...Object.fromEntries(types) } as Descriptions;
}
