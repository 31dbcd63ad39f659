// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, compactSchema } from "../../api/index.ts";
import { servedGroups } from "../discovery/resource-lists.ts";
import { DocumentV3 } from "./document-v3.ts";
import { SERVER_PATHS } from "./service-operations.ts";
import { descriptionsOf, skipWithoutUpstream, upstreamJson, type Document } from "./upstream-documents.test.ts";

const skip = skipWithoutUpstream;

test("the document of apps/v1 is upstream's, given upstream's texts", { skip }, () => {
  const expected = upstreamJson<Document>("discovery/openapi-v3-apps-v1.json");
  const kinds = builtInKinds().filter(({ group }) => group === "apps");
  const documents = new DocumentV3(compactSchema(), descriptionsOf(expected));
  const made = documents.groupVersion("apps", "v1", kinds) as unknown as Document;
  assert.deepEqual(Object.keys(made.paths), Object.keys(expected.paths));
  for (const path of Object.keys(expected.paths)) assert.deepEqual(made.paths[path], expected.paths[path], path);
  const names = Object.keys(expected.components.schemas);
  assert.deepEqual(Object.keys(made.components.schemas), names);
  for (const name of names) assert.deepEqual(made.components.schemas[name], expected.components.schemas[name], name);
  assert.deepEqual(made, expected);
});

test("every group, version and path of the server has its document, and nothing else has", { skip }, () => {
  const paths = servedGroups(builtInKinds()).flatMap(({ name, versions }) => {
    const group = name ? `apis/${name}` : "api";
    return [group, ...versions.map(({ version }) => `${group}/${version}`)];
  });
  const expected = upstreamJson<string[]>("discovery/openapi-v3-paths.json");
  assert.deepEqual([...paths, ...Object.keys(SERVER_PATHS)].sort(), [...expected].sort());
});

test("types, fields and query parameters are described in the words that the set-up found", () => {
  const kinds = builtInKinds().filter(({ group }) => group === "apps");
  const texts = {
    parameters: ["", { limit: "How many.", fieldManager: "Who.", "patch:fieldManager": "Who patches." }],
    "io.k8s.api.apps.v1.DeploymentSpec": ["What is wanted.", { replicas: "How many pods." }],
  } as const;
  const text = JSON.stringify(new DocumentV3(compactSchema(), texts).groupVersion("apps", "v1", kinds));
  assert.match(text, /"name":"limit","in":"query","description":"How many\."/);
  assert.match(text, /"name":"fieldManager","in":"query","description":"Who\."/);
  assert.match(text, /"name":"fieldManager","in":"query","description":"Who patches\."/);
  assert.match(text, /DeploymentSpec":\{"description":"What is wanted\."/);
  assert.match(text, /"replicas":\{"description":"How many pods\."/);
});
