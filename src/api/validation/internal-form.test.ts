// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { objectCodec, withChanges } from "../../apimachinery/index.ts";
import type { Pod } from "../generated/v1.35/core-v1.ts";
import { schemaRegistry } from "../schema.ts";
import { internalForm } from "./internal-form.ts";

const containerOf = (container: object): object => {
  const text = JSON.stringify({ spec: { containers: [container] } });
  const { object } = objectCodec(schemaRegistry(), "io.k8s.api.core.v1.Pod").decodeJson(text);
  return (object as Pod).spec.containers[0]!;
};

test("a list that was sent empty is printed empty, one that was not sent as null", () => {
  const form = internalForm("Container", containerOf({ name: "c", env: [], args: [] })) as Record<string, unknown>;
  assert.deepEqual([form["Env"], form["Args"], form["EnvFrom"], form["Command"]], [[], [], null, null]);
});

test("that a list was sent empty outlives a copy and is not seen in JSON", () => {
  const container = withChanges(containerOf({ name: "c", env: [] }), { image: "i" } as object);
  assert.deepEqual((internalForm("Container", container) as Record<string, unknown>)["Env"], []);
  assert.equal(JSON.stringify(container), '{"name":"c","resources":{},"image":"i"}');
});

test("templates are printed with their metadata before their spec", () => {
  const template = { metadata: { labels: { b: "1", a: "2" }, name: "n", creationTimestamp: null }, spec: {} };
  const keys = Object.keys(internalForm("PersistentVolumeClaimTemplate", template) as object);
  assert.deepEqual(keys, ["name", "labels", "Spec"]);
});
