// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSelectorRequirement, NodeSelectorTerm } from "../api/index.ts";
import { nodeFixture, podFixture } from "../../test/fixtures/objects.ts";
import { matchesNodeSelectorTerm, podMatchesNode } from "./node-affinity.ts";

const node = nodeFixture("node-1", { meta: { labels: { zone: "a", cores: "8" } } });
const matches = (...matchExpressions: NodeSelectorRequirement[]): boolean =>
  matchesNodeSelectorTerm({ matchExpressions }, node);

test("the operators of a requirement", () => {
  assert.equal(matches({ key: "zone", operator: "In", values: ["a", "b"] }), true);
  assert.equal(matches({ key: "none", operator: "In", values: ["a"] }), false);
  assert.equal(matches({ key: "zone", operator: "NotIn", values: ["a"] }), false);
  assert.equal(matches({ key: "none", operator: "NotIn", values: ["a"] }), true);
  assert.equal(matches({ key: "zone", operator: "Exists" }), true);
  assert.equal(matches({ key: "none", operator: "DoesNotExist" }), true);
  assert.equal(matches({ key: "cores", operator: "Gt", values: ["7"] }), true);
  assert.equal(matches({ key: "cores", operator: "Lt", values: ["8"] }), false);
  assert.equal(matches({ key: "zone", operator: "Gt", values: ["1"] }), false);
});

test("all requirements of a term must match, one term of a selector, and an empty term never does", () => {
  assert.equal(matchesNodeSelectorTerm({}, node), false);
  const byName: NodeSelectorTerm = { matchFields: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] };
  assert.equal(matchesNodeSelectorTerm(byName, node), true);
  const required = (nodeSelectorTerms: NodeSelectorTerm[]) =>
    podFixture("p", {
      spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } },
    });
  assert.equal(podMatchesNode(required([{}, byName]), node), true);
  assert.equal(podMatchesNode(required([{}]), node), false);
});

test("a node selector wants every label", () => {
  assert.equal(podMatchesNode(podFixture("p", { spec: { nodeSelector: { zone: "a" } } }), node), true);
  assert.equal(podMatchesNode(podFixture("p", { spec: { nodeSelector: { zone: "a", disk: "ssd" } } }), node), false);
});
