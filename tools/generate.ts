// SPDX-License-Identifier: Apache-2.0

/**
 * Writes src/api/generated/VERSION: TypeScript interfaces of the API's types, from the compact schema beside them.
 *
 *   node tools/generate.ts                        write the interfaces anew
 *   node tools/generate.ts --check                fail when a generated file is not up to date
 *   node tools/generate.ts --from DIR --go DIR    refresh the compact schema of one version: --from holds its OpenAPI
 *                                                 document (openapi-v2.json, protobuf-fields.json), --go the sources of
 *                                                 the API's Go modules, unpacked side by side (see generate/go-fields)
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { CompactSchema } from "../src/apimachinery/compact-schema.ts";
import { compactFromOpenApi, type OpenApiDocument, type ProtobufFields } from "./generate/from-openapi.ts";
import { readGoFields, readGroupVersions } from "./generate/go-fields.ts";
import { typescriptFiles } from "./generate/typescript.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const GENERATED = join(ROOT, "src/api/generated");
const SCHEMA_FILE = "schema.json";

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

/** JSON with one line for each member of the second level: small, and readable in a diff. */
function linesOfJson(value: object): string {
  const members = Object.entries(value).map(([key, member]: [string, unknown]) => {
    if (typeof member !== "object" || member === null) return `${JSON.stringify(key)}: ${JSON.stringify(member)}`;
    const inner = Object.entries(member).map(([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`);
    return `${JSON.stringify(key)}: {\n${inner.join(",\n")}\n}`;
  });
  return `{\n${members.join(",\n")}\n}\n`;
}

function refreshSchema(from: string, go: string): void {
  const version = basename(from).replace(/^kubernetes-/, "");
  const openApi = readJson<OpenApiDocument>(join(from, "openapi-v2.json"));
  const protobuf = readJson<ProtobufFields>(join(from, "protobuf-fields.json"));
  const schema = compactFromOpenApi(version, openApi, {
    protobuf,
    goTypes: readGoFields(go),
    groupVersions: readGroupVersions(go),
  });
  mkdirSync(join(GENERATED, version), { recursive: true });
  writeFileSync(join(GENERATED, version, SCHEMA_FILE), linesOfJson(schema));
}

/** All files that belong into a version's folder, but the schema itself. */
function generatedFiles(version: string): Map<string, string> {
  return typescriptFiles(readJson<CompactSchema>(join(GENERATED, version, SCHEMA_FILE)));
}

function staleFiles(version: string): string[] {
  const folder = join(GENERATED, version);
  const wanted = generatedFiles(version);
  const stale = readdirSync(folder).filter((name) => name !== SCHEMA_FILE && !wanted.has(name));
  for (const [name, text] of wanted) {
    const path = join(folder, name);
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) stale.push(name);
  }
  return stale.map((name) => `src/api/generated/${version}/${name}`);
}

function writeFiles(version: string): void {
  const folder = join(GENERATED, version);
  const wanted = generatedFiles(version);
  for (const name of readdirSync(folder)) if (name !== SCHEMA_FILE && !wanted.has(name)) rmSync(join(folder, name));
  for (const [name, text] of wanted) writeFileSync(join(folder, name), text);
}

function main(): void {
  const { values } = parseArgs({
    options: { check: { type: "boolean" }, from: { type: "string" }, go: { type: "string" } },
  });
  if (values.from && values.go) refreshSchema(values.from, values.go);
  else if (values.from || values.go) throw new Error("--from and --go go together");
  const versions = readdirSync(GENERATED);
  if (versions.length === 0) throw new Error("src/api/generated holds no version: nothing was checked");
  if (!values.check) {
    versions.forEach(writeFiles);
    return;
  }
  const stale = versions.flatMap(staleFiles);
  for (const path of stale) console.error(`${path} is not up to date: run \`node tools/generate.ts\``);
  if (stale.length) process.exitCode = 1;
}

main();
