// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../api/index.ts";
import { testPodInfo, type PodFields } from "../../test/fixtures/scheduler.ts";
import { noSiblings, siblingSelector, type SiblingSources } from "./sibling-selector.ts";

const service = (selector: Record<string, string> | undefined) => ({ metadata: {}, spec: { selector } }) as Service;
const sources: SiblingSources = {
  services: (namespace) =>
    namespace === "default" ? [service({ app: "web" }), service({ tier: "front" }), service(undefined)] : [],
  setSelector: (kind, _namespace, name) =>
    kind === "ReplicaSet" && name === "rs" ? { matchLabels: { "pod-template-hash": "1" } } : undefined,
  replicationControllerSelector: (_namespace, name) => (name === "rc" ? { run: "old" } : undefined),
};

const selectorFor = (fields: PodFields) => siblingSelector(testPodInfo("x", fields), sources);

test("services that select the pod add their labels", () => {
  assert.equal(selectorFor({ labels: { app: "web", tier: "front" } }).toString(), "app=web,tier=front");
  assert.equal(selectorFor({ labels: { app: "web" } }).toString(), "app=web");
  assert.equal(selectorFor({ labels: { app: "web" }, namespace: "other" }).matchesEverything, true);
});

test("the controller adds its selector", () => {
  const owned = (kind: string, name: string, apiVersion = "apps/v1") => ({
    labels: { app: "web" },
    owner: { apiVersion, kind, name },
  });
  assert.equal(selectorFor(owned("ReplicaSet", "rs")).toString(), "app=web,pod-template-hash=1");
  assert.equal(selectorFor(owned("ReplicaSet", "gone")).toString(), "app=web");
  assert.equal(selectorFor(owned("ReplicationController", "rc", "v1")).toString(), "app=web,run=old");
  assert.equal(selectorFor(owned("Job", "rs", "batch/v1")).toString(), "app=web");
});

test("a pod that belongs to nothing has no siblings", () => {
  assert.equal(siblingSelector(testPodInfo("x", { labels: { app: "web" } }), noSiblings).matchesEverything, true);
});
