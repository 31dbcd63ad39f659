// SPDX-License-Identifier: Apache-2.0

/**
 * Writes the descriptions of all types, fields and query parameters of the API, for the OpenAPI documents that the
 * server serves (kubectl explain shows them):
 *
 *   node tools/generate-descriptions.ts
 *
 * They are the doc comments of the packages kubernetes-models and @kubernetes-models/apimachinery and, for what those
 * lack, of @kubernetes/client-node, as the lock file pins them; none is committed. A set-up runs this once. A server
 * without the result serves the same documents without descriptions.
 */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompactSchema } from "../src/apimachinery/compact-schema.ts";
import { modelNames, type ModelTexts, modelTexts, parameterTexts } from "./generate/doc-comments.ts";
import { interfaceTexts } from "./generate/interface-comments.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGET = join(ROOT, "src/apiserver/openapi/generated");
const SCHEMAS = join(ROOT, "src/api/generated");
const { resolve } = createRequire(import.meta.url);
const CLIENT = dirname(resolve("@kubernetes/client-node"));
const MODELS = dirname(resolve("kubernetes-models/package.json"));
const MACHINERY = dirname(resolve("@kubernetes-models/apimachinery/package.json"));

/** Where the packages keep the types that belong to no group. */
const MACHINERY_FOLDERS: Readonly<Record<string, string>> = {
  "meta.v1": "apis/meta/v1",
  resource: "api/resource",
  intstr: "util/intstr",
  runtime: "runtime",
  version: "version",
};

const read = (path: string): string => readFileSync(join(CLIENT, path), "utf8");

const known = new Map<string, ModelTexts>();

function textsOf(model: string): ModelTexts {
  let texts = known.get(model);
  if (!texts) {
    texts = modelTexts(read(`gen/models/${model}.d.ts`), read(`gen/models/${model}.js`));
    known.set(model, texts);
  }
  return texts;
}

/** The client has no words for a field that refers to a type: those of the type stand for them. */
function clientTexts(short: string, all: ReadonlySet<string>): Texts | undefined {
  const model = modelNames(short).find((name) => all.has(name));
  if (model === undefined) return undefined;
  const { own, fields, models } = textsOf(model);
  const found: Record<string, string> = { ...fields };
  for (const [field, other] of Object.entries(models)) if (all.has(other)) found[field] = textsOf(other).own;
  return { own, fields: found };
}

type Texts = Omit<ModelTexts, "models">;

const groupFolders = new Map(readdirSync(MODELS).map((folder) => [folder.split(".")[0]!, folder]));

/** Where the declaration of a type is. */
function declarationOf(short: string): string {
  const dot = short.lastIndexOf(".");
  const [group = "", version = ""] = short.slice(0, dot).split(".");
  const file = `${short.slice(dot + 1)}.d.ts`;
  const folder = MACHINERY_FOLDERS[short.slice(0, dot)];
  if (folder) return join(MACHINERY, folder, file);
  return join(MODELS, group === "core" ? "" : (groupFolders.get(group) ?? group), version, file);
}

function declaredTexts(short: string): Texts | undefined {
  const path = declarationOf(short);
  return existsSync(path) ? interfaceTexts(readFileSync(path, "utf8")) : undefined;
}

/** What the declarations say. They are silent of the fields that every kind has: the client has words for them. */
function bestTexts(short: string, all: ReadonlySet<string>): Texts | undefined {
  const declared = declaredTexts(short);
  if (!declared) return clientTexts(short, all);
  const model = modelNames(short).find((name) => all.has(name));
  if (model === undefined) return declared;
  const { own, fields } = textsOf(model);
  const { apiVersion, kind } = fields;
  const typeFields = { ...(apiVersion ? { apiVersion } : {}), ...(kind ? { kind } : {}) };
  return { own: declared.own || own, fields: { ...typeFields, ...declared.fields } };
}

function write(version: string, parameters: Readonly<Record<string, string>>, models: ReadonlySet<string>): void {
  const { types, packages } = JSON.parse(readFileSync(join(SCHEMAS, version, "schema.json"), "utf8")) as CompactSchema;
  const lines: string[] = [`"parameters": ${JSON.stringify(["", parameters])}`];
  for (const short of Object.keys(types)) {
    const texts = bestTexts(short, models);
    if (texts === undefined) continue;
    const line = [texts.own, texts.fields];
    const dot = short.lastIndexOf(".");
    lines.push(`${JSON.stringify(packages[short.slice(0, dot)] + short.slice(dot))}: ${JSON.stringify(line)}`);
  }
  const path = join(TARGET, `descriptions-${version}.json`);
  // Several set-ups may run at once, and a server read meanwhile.
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `{\n${lines.join(",\n")}\n}\n`);
  renameSync(fresh, path);
}

const models = new Set(
  globSync("gen/models/*.d.ts", { cwd: CLIENT }).map((path) => path.slice("gen/models/".length, -".d.ts".length)),
);
const parameters = parameterTexts(read("gen/types/ObjectParamAPI.d.ts"));
mkdirSync(TARGET, { recursive: true });
for (const version of globSync("*", { cwd: SCHEMAS })) write(version, parameters, models);
