// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../api/index.ts";
import { ObjectCache } from "./object-cache.ts";
import type { Cached } from "./resource-reference.ts";

function pod(namespace: string, name: string, owner?: string): Cached<Pod> {
  const ownerReferences = owner
    ? [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: owner, controller: true }]
    : undefined;
  const metadata = { namespace, name, uid: `${namespace}-${name}`, resourceVersion: "1", creationTimestamp: "" };
  return { metadata: { ...metadata, ownerReferences }, spec: { containers: [] }, status: {} };
}

const names = (objects: Iterable<Cached<Pod>>): string[] => [...objects].map(({ metadata }) => metadata.name).sort();

test("objects are found by key, namespace and controller, and orphans by namespace", () => {
  const cache = new ObjectCache<Pod>();
  for (const object of [pod("a", "1"), pod("a", "2", "u"), pod("b", "3", "u")]) cache.set(object);
  assert.equal(cache.get("a", "1")?.metadata.name, "1");
  assert.deepEqual(names(cache.byNamespace("a")), ["1", "2"]);
  assert.deepEqual(names(cache.byOwner("u")), ["2", "3"]);
  assert.deepEqual(names(cache.orphans("a")), ["1"]);
  assert.deepEqual(names(cache.orphans("b")), []);
});

test("indexes follow what changes and what goes, also when they were made late", () => {
  const cache = new ObjectCache<Pod>();
  cache.set(pod("a", "1"));
  assert.deepEqual(names(cache.byOwner("u")), []);
  cache.set(pod("a", "1", "u"));
  assert.deepEqual(names(cache.byOwner("u")), ["1"]);
  assert.deepEqual(names(cache.orphans("a")), []);
  cache.delete("a/1");
  assert.deepEqual(names(cache.byOwner("u")), []);
  assert.equal(cache.size, 0);
});

test("an index of one's own files an object under several values", () => {
  const cache = new ObjectCache<Pod>();
  cache.addIndex("letters", ({ metadata }) => [...metadata.name]);
  cache.set(pod("a", "xy"));
  assert.deepEqual(names(cache.byIndex("letters", "x")), ["xy"]);
  assert.deepEqual(names(cache.byIndex("letters", "y")), ["xy"]);
  assert.throws(() => [...cache.byIndex("unknown", "x")], /never added/);
});
