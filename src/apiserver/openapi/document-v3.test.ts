// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { builtInKinds, compactSchema } from "../../api/index.ts";
import { DocumentV3 } from "./document-v3.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/discovery/openapi-v3-apps-v1.json", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

/** Types of which the document that the schema was made from is another patch release. */
const DIFFERENT = [
  "io.k8s.api.apps.v1.StatefulSetOrdinals",
  "io.k8s.api.apps.v1.StatefulSetSpec",
  "io.k8s.api.apps.v1.StatefulSetStatus",
  "io.k8s.api.core.v1.ContainerRestartRule",
  "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes",
  "io.k8s.api.core.v1.PersistentVolumeClaimStatus",
  "io.k8s.api.core.v1.PodCertificateProjection",
  "io.k8s.api.core.v1.WorkloadReference",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent",
];

interface Document {
  readonly paths: Record<string, unknown>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

/** A copy without the texts of types, fields and query parameters: those come from a set-up. */
function withoutTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTexts);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, member]) => key !== "description" || typeof member !== "string");
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutTexts(member)]));
}

test("the document of apps/v1 is upstream's, path for path and type for type", { skip }, () => {
  const kinds = builtInKinds().filter(({ group }) => group === "apps");
  const made = withoutTexts(new DocumentV3(compactSchema(), {}).groupVersion("apps", "v1", kinds)) as Document;
  const expected = withoutTexts(JSON.parse(readFileSync(DATA, "utf8"))) as Document;
  assert.deepEqual(Object.keys(made.paths), Object.keys(expected.paths));
  for (const path of Object.keys(expected.paths)) assert.deepEqual(made.paths[path], expected.paths[path], path);
  assert.deepEqual(Object.keys(made.components.schemas), Object.keys(expected.components.schemas));
  const others = Object.keys(expected.components.schemas).filter((name) => {
    try {
      assert.deepEqual(made.components.schemas[name], expected.components.schemas[name]);
      return false;
    } catch {
      return true;
    }
  });
  assert.deepEqual(others, DIFFERENT);
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
