// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, schemaRegistry } from "../../api/index.ts";
import type { KubeObject } from "../../apimachinery/index.ts";
import { macrotask } from "../../platform/time/real-clock.ts";
import { SeededRandom, VirtualClock } from "../../simulation/index.ts";
import { MemoryStore } from "../../store/index.ts";
import type { WriteOptions } from "../resource-store.ts";
import { openAdmission } from "./admission.ts";
import type { GenericResourceStore } from "./generic-resource-store.ts";
import { KindRegistry } from "./kind-registry.ts";
import { Registry } from "./registry.ts";

const { signal } = new AbortController();
const options = (more: Partial<WriteOptions> = {}): WriteOptions => ({
  user: { name: "alice", groups: [] },
  userAgent: "test/1",
  warnings: [],
  signal,
  ...more,
});

async function start(): Promise<{
  registry: Registry;
  store: MemoryStore;
  clock: VirtualClock;
  use: (resource: string, group?: string) => GenericResourceStore;
}> {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const kinds = new KindRegistry();
  for (const kind of builtInKinds()) kinds.add({ kind, schemas: schemaRegistry() });
  const registry = new Registry({ kinds, store, clock, random: new SeededRandom(1), admission: () => openAdmission });
  await registry.start();
  return { registry, store, clock, use: (resource, group = "") => registry.find(group, resource)! };
}

const configMap = (name: string, data: Record<string, string> = { a: "1" }): KubeObject => ({
  metadata: { name },
  data,
});

test("a created object has what only the system gives, and its bytes are what is stored", async () => {
  const { use } = await start();
  const maps = use("configmaps");
  const written = await maps.create("ns", configMap("a"), options());
  const text = Buffer.from(written.bytes).toString();
  assert.ok(text.startsWith('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"ns","uid":"'));
  const { metadata } = JSON.parse(text) as KubeObject;
  assert.equal(metadata.resourceVersion, String(written.revision));
  assert.equal(metadata.creationTimestamp, "2026-01-01T00:00:00Z");
  assert.equal(metadata.managedFields?.[0]?.manager, "test");
  assert.deepEqual(await maps.get("ns", "a"), JSON.parse(text));
});

test("creating what exists is refused", async () => {
  const { use } = await start();
  await use("configmaps").create("ns", configMap("a"), options());
  await assert.rejects(use("configmaps").create("ns", configMap("a"), options()), {
    message: 'configmaps "a" already exists',
  });
});

test("an update that changes nothing is no write", async () => {
  const { use } = await start();
  const created = await use("configmaps").create("ns", configMap("a"), options());
  const same = await use("configmaps").update("ns", "a", (object) => object, options());
  assert.equal(same.revision, created.revision);
  const changed = await use("configmaps").update(
    "ns",
    "a",
    (object) => {
      object["data"] = { a: "2" };
      return object;
    },
    options(),
  );
  assert.equal(changed.revision, created.revision + 1);
});

test("racing updates of one object all succeed, one after the other", async () => {
  const { use } = await start();
  await use("configmaps").create("ns", configMap("a", { n: "0" }), options());
  await Promise.all(
    Array.from({ length: 20 }, () =>
      use("configmaps").update(
        "ns",
        "a",
        (object) => {
          const data = object["data"] as Record<string, string>;
          data["n"] = String(Number(data["n"]) + 1);
          return object;
        },
        options(),
      ),
    ),
  );
  assert.deepEqual((await use("configmaps").get("ns", "a"))["data"], { n: "20" });
});

test("a stale resourceVersion is a conflict", async () => {
  const { use } = await start();
  await use("configmaps").create("ns", configMap("a"), options());
  const stale = use("configmaps").update(
    "ns",
    "a",
    () => ({ ...configMap("a"), metadata: { name: "a", resourceVersion: "1" } }),
    options(),
  );
  await assert.rejects(stale, {
    message: /^Operation cannot be fulfilled on configmaps "a": the object has been modified/,
  });
});

test("a finalizer holds an object back; removing the last one ends it", async () => {
  const { use } = await start();
  const maps = use("configmaps");
  await maps.create("ns", { metadata: { name: "a", finalizers: ["example.com/f"] }, data: {} }, options());
  const marked = await maps.delete("ns", "a", options());
  assert.equal(marked.deleted, false);
  assert.ok(marked.object.metadata.deletionTimestamp);
  assert.equal(marked.object.metadata.deletionGracePeriodSeconds, 0);
  await maps.update(
    "ns",
    "a",
    (object) => {
      delete object.metadata.finalizers;
      return object;
    },
    options(),
  );
  assert.equal(maps.peek("ns", "a"), undefined);
});

test("a running pod is deleted gracefully, and a shorter grace period moves its end forward", async () => {
  const { use, clock } = await start();
  const pods = use("pods");
  const pod = { metadata: { name: "p" }, spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] } };
  await pods.create("ns", pod, options());
  const first = await pods.delete("ns", "p", options());
  assert.equal(first.deleted, false);
  assert.equal(first.object.metadata.deletionTimestamp, "2026-01-01T00:00:30Z");
  assert.equal(first.object.metadata.generation, 2);
  await clock.advance(5_000);
  const shorter = await pods.delete("ns", "p", { ...options(), gracePeriodSeconds: 10 });
  assert.equal(shorter.object.metadata.deletionTimestamp, "2026-01-01T00:00:10Z");
  const longer = await pods.delete("ns", "p", { ...options(), gracePeriodSeconds: 60 });
  assert.equal(longer.revision, shorter.revision, "nothing changed");
  const now = await pods.delete("ns", "p", { ...options(), gracePeriodSeconds: 0 });
  assert.equal(now.deleted, true);
  assert.equal(pods.peek("ns", "p"), undefined);
});

test("the propagation policy becomes a finalizer", async () => {
  const { use } = await start();
  const maps = use("configmaps");
  await maps.create("ns", configMap("f"), options());
  await maps.create("ns", configMap("o"), options());
  const foreground = await maps.delete("ns", "f", { ...options(), propagationPolicy: "Foreground" });
  assert.deepEqual(foreground.object.metadata.finalizers, ["foregroundDeletion"]);
  const orphan = await maps.delete("ns", "o", { ...options(), propagationPolicy: "Orphan" });
  assert.deepEqual(orphan.object.metadata.finalizers, ["orphan"]);
});

test("a generated name is tried again when it is taken", async () => {
  const { use } = await start();
  const first = await use("configmaps").create("ns", { metadata: { generateName: "gen-" }, data: {} }, options());
  assert.match(first.object.metadata.name!, /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test("a dry run says what would be written, and writes nothing", async () => {
  const { use, store } = await start();
  const before = store.localRevision;
  const written = await use("configmaps").create("ns", configMap("a"), options({ dryRun: true }));
  assert.equal(written.object.metadata.resourceVersion, undefined);
  assert.equal(use("configmaps").peek("ns", "a"), undefined);
  assert.equal(store.localRevision, before);
});

test("history older than five minutes is forgotten every five minutes, and watches say so", async () => {
  const { use, clock, store } = await start();
  await use("configmaps").create("ns", configMap("a"), options());
  const early = store.localRevision;
  await clock.advance(5 * 60_000 + 1000);
  await use("configmaps").create("ns", configMap("b"), options());
  assert.ok(store.compactedRevision < early);
  await clock.advance(5 * 60_000);
  assert.equal(store.compactedRevision, early);
  assert.equal(use("configmaps").storage.cache.oldestRevision, early);
});

test("integers beyond 2^53 survive being stored and read", async () => {
  const { use } = await start();
  const object = { metadata: { name: "p" }, spec: { activeDeadlineSeconds: 9007199254740993n } };
  const { storage } = use("pods");
  const stored = await storage.put("ns", "p", object, { expected: 0 });
  assert.ok("bytes" in stored);
  assert.ok(Buffer.from(stored.bytes).includes('"activeDeadlineSeconds":9007199254740993'));
  assert.deepEqual(storage.cache.resource.parse(stored.bytes)["spec"], object.spec);
});
