// SPDX-License-Identifier: Apache-2.0

/**
 * Writes the descriptions of all types and fields of a Kubernetes version, from its OpenAPI v2 document, for the OpenAPI
 * documents that the server serves (kubectl explain shows them):
 *
 *   node tools/generate-descriptions.ts --from FOLDER-OF/kubernetes-v1.35
 *
 * The result is committed; nothing depends on the document afterwards.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const TARGET = fileURLToPath(new URL("../src/apiserver/openapi/generated", import.meta.url));

interface Definition {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly type?: string;
  readonly description?: string;
}

type Operation = { readonly parameters?: readonly Parameter[] };

interface Document {
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | readonly Parameter[]>>>>;
}

const { values } = parseArgs({ options: { from: { type: "string" } } });
if (!values.from) throw new Error("Say where the OpenAPI document is: --from FOLDER");
const version = basename(values.from).replace(/^kubernetes-/, "");
const { definitions, parameters, paths } = JSON.parse(
  readFileSync(join(values.from, "openapi-v2.json"), "utf8"),
) as Document;

/** What a server of the version served itself is newer than the document in places. */
const served = join(values.from, "discovery/openapi-v3-apps-v1.json");
const { schemas } = existsSync(served)
  ? (JSON.parse(readFileSync(served, "utf8")) as { components: { schemas: Document["definitions"] } }).components
  : { schemas: {} };

/** One line a type: its own description, then those of its fields. */
const lines = Object.entries({ ...definitions, ...schemas }).map(([name, { description = "", properties = {} }]) => {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([field, value]) => [field, value.description ?? ""]),
  );
  return `${JSON.stringify(name)}: ${JSON.stringify([description, fields])}`;
});
/** Query parameters by name: type and description. The manager of a patch is described in other words: `patch:NAME`. */
const found = new Map<string, readonly [type: string, text: string]>();
for (const item of Object.values(paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const list = Array.isArray(operation)
      ? (operation as readonly Parameter[])
      : ((operation as Operation).parameters ?? []);
    for (const entry of list) {
      const parameter = entry.$ref ? parameters[entry.$ref.split("/").at(-1)!]! : entry;
      if (parameter.in !== "query" || !parameter.type) continue;
      const key = method === "patch" && parameter.name === "fieldManager" ? "patch:fieldManager" : parameter.name;
      if (!found.has(key)) found.set(key, [parameter.type, parameter.description ?? ""]);
    }
  }
}
const byName = Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
lines.push(`"parameters": ${JSON.stringify(["", byName])}`);
mkdirSync(TARGET, { recursive: true });
writeFileSync(join(TARGET, `descriptions-${version}.json`), `{\n${lines.join(",\n")}\n}\n`);
