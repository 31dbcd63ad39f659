// SPDX-License-Identifier: Apache-2.0

/**
 * Writes the descriptions of all types, fields and query parameters of the API, for the OpenAPI documents that the
 * server serves (kubectl explain shows them):
 *
 *   node tools/generate-descriptions.ts
 *
 * They are the doc comments of the package @kubernetes/client-node, as the lock file pins it; none is committed. A set-up
 * runs this once. A server without the result serves the same documents without descriptions.
 */
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompactSchema } from "../src/apimachinery/compact-schema.ts";
import { modelNames, type ModelTexts, modelTexts, parameterTexts } from "./generate/doc-comments.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TARGET = join(ROOT, "src/apiserver/openapi/generated");
const SCHEMAS = join(ROOT, "src/api/generated");
const SOURCE = dirname(createRequire(import.meta.url).resolve("@kubernetes/client-node"));

const read = (path: string): string => readFileSync(join(SOURCE, path), "utf8");

const known = new Map<string, ModelTexts>();

function textsOf(model: string): ModelTexts {
  let texts = known.get(model);
  if (!texts) {
    texts = modelTexts(read(`gen/models/${model}.d.ts`), read(`gen/models/${model}.js`));
    known.set(model, texts);
  }
  return texts;
}

/** The package has no words for a field that refers to a type: those of the type stand for them. */
function fieldTexts({ fields, models }: ModelTexts, all: ReadonlySet<string>): Record<string, string> {
  const found: Record<string, string> = { ...fields };
  for (const [field, model] of Object.entries(models)) if (all.has(model)) found[field] = textsOf(model).own;
  return found;
}

function write(version: string, parameters: Readonly<Record<string, string>>, models: ReadonlySet<string>): void {
  const { types, packages } = JSON.parse(readFileSync(join(SCHEMAS, version, "schema.json"), "utf8")) as CompactSchema;
  const lines: string[] = [`"parameters": ${JSON.stringify(["", parameters])}`];
  for (const short of Object.keys(types)) {
    const model = modelNames(short).find((name) => models.has(name));
    if (model === undefined) continue;
    const texts = textsOf(model);
    const line = [texts.own, fieldTexts(texts, models)];
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
  globSync("gen/models/*.d.ts", { cwd: SOURCE }).map((path) => path.slice("gen/models/".length, -".d.ts".length)),
);
const parameters = parameterTexts(read("gen/types/ObjectParamAPI.d.ts"));
mkdirSync(TARGET, { recursive: true });
for (const version of globSync("*", { cwd: SCHEMAS })) write(version, parameters, models);
