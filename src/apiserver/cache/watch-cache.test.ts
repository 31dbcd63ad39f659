// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer, TestSink } from "../../../test/fixtures/endpoint-server.ts";
import { macrotask } from "../../platform/time/real-clock.ts";
import type { SharedEvent } from "../../client/transport.ts";
import { VirtualClock } from "../../simulation/index.ts";
import { MemoryStore, type Store } from "../../store/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const PODS = "/api/v1/namespaces/ns/pods";
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });
const pod = (name: string, nodeName?: string) => ({
  metadata: { name },
  spec: { nodeName, containers: [{ name: "c", image: "i" }] },
});
const revisionOf = (json: unknown): string =>
  (json as { metadata: { resourceVersion: string } }).metadata.resourceVersion;

const create = async (server: TestServer, path: string, body: object): Promise<string> => {
  const answer = await server.request("POST", path, { body });
  assert.equal(answer.status, 201, answer.text);
  return revisionOf(answer.json);
};

test("a watch resumes after the revision that it names, without a gap or a repetition", async () => {
  const server = await TestServer.start();
  await create(server, MAPS, map("a"));
  const revision = await create(server, MAPS, map("b"));
  await create(server, MAPS, map("c"));
  const watch = await server.watch(`${MAPS}?watch=1&resourceVersion=${revision}`);
  await create(server, MAPS, map("d"));
  assert.deepEqual(watch.summary, ["ADDED c", "ADDED d"]);
});

test("a watch from a revision of the future hears only what comes after it", async () => {
  const server = await TestServer.start();
  const revision = Number(await create(server, MAPS, map("a")));
  const watch = await server.watch(`${MAPS}?watch=1&resourceVersion=${revision + 2}`);
  for (const name of ["b", "c", "d"]) await create(server, MAPS, map(name));
  assert.deepEqual(watch.summary, ["ADDED d"]);
});

test("a watch from before what is known is told 410 in the stream, and ends", async () => {
  const server = await TestServer.start();
  await create(server, MAPS, map("a"));
  const last = Number(await create(server, MAPS, map("b")));
  await server.store.compact(last);
  server.registry.caches.compact(last);
  const watch = await server.watch(`${MAPS}?watch=1&resourceVersion=1`);
  assert.equal(watch.ended, true);
  assert.deepEqual(watch.events, [
    {
      type: "ERROR",
      object: {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: `too old resource version: 1 (${last})`,
        reason: "Expired",
        code: 410,
      },
    },
  ]);
});

test("sendInitialEvents sends the state, and a bookmark that says so", async () => {
  const server = await TestServer.start();
  await create(server, MAPS, map("a"));
  const last = await create(server, MAPS, map("b"));
  const watch = await server.watch(
    `${MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  assert.deepEqual(watch.summary, ["ADDED a", "ADDED b", "BOOKMARK"]);
  const { metadata } = watch.events[2]!.object as unknown as {
    metadata: { resourceVersion: string; annotations: Record<string, string> };
  };
  assert.equal(metadata.resourceVersion, last);
  assert.equal(metadata.annotations["k8s.io/initial-events-end"], "true");
});

test("an idle watch that asked for bookmarks gets one every minute, others do not", async () => {
  const server = await TestServer.start();
  await create(server, MAPS, map("a"));
  const asked = await server.watch(`${MAPS}?watch=1&allowWatchBookmarks=true`);
  const silent = await server.watch(`${MAPS}?watch=1`);
  const last = await create(server, PODS, pod("elsewhere"));
  await server.clock.advance(61_000);
  assert.deepEqual(asked.summary, ["ADDED a", "BOOKMARK", "BOOKMARK"], "the first one ends the state");
  assert.equal(revisionOf(asked.events[2]!.object), last, "progress of the whole store");
  assert.deepEqual(silent.summary, ["ADDED a"]);
});

test("a watch ends after its timeoutSeconds", async () => {
  const server = await TestServer.start();
  const watch = await server.watch(`${MAPS}?watch=1&timeoutSeconds=5`);
  await server.clock.advance(4_000);
  assert.equal(watch.ended, false);
  await server.clock.advance(2_500);
  assert.equal(watch.ended, true);
});

test("a node's watch hears its own pods alone, and a pod that moves is told to both nodes", async () => {
  const server = await TestServer.start();
  const one = await server.watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1");
  const two = await server.watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn2");
  await create(server, PODS, pod("a", "n1"));
  await create(server, PODS, pod("b", "n2"));
  await create(server, PODS, pod("c"));
  await server.registry.find("", "pods")!.update(
    "ns",
    "c",
    (object) => {
      (object["spec"] as Record<string, unknown>)["nodeName"] = "n1";
      return object;
    },
    {
      user: { name: "scheduler", groups: [] },
      warnings: [],
      signal: new AbortController().signal,
      subresource: "binding",
    },
  );
  assert.deepEqual(one.summary, ["ADDED a", "ADDED c"]);
  assert.deepEqual(two.summary, ["ADDED b"]);
  const late = await server.watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn1");
  assert.deepEqual(late.summary, ["ADDED a", "ADDED c"], "the state is found by the same index");
});

test("watches of equal interest get the same bytes, not copies", async () => {
  const server = await TestServer.start();
  const watches = await Promise.all([1, 2, 3].map(() => server.watch(`${MAPS}?watch=1`)));
  await create(server, MAPS, map("a"));
  assert.equal(watches[0]!.chunks[0], watches[1]!.chunks[0]);
  assert.equal(watches[0]!.chunks[0], watches[2]!.chunks[0]);
});

test("a slow watcher catches up from the ring at its own speed and misses nothing", async () => {
  const server = await TestServer.start();
  const watch = await server.watch(`${MAPS}?watch=1`);
  watch.slow = true;
  const big = "x".repeat(100_000);
  const names = Array.from({ length: 30 }, (_, i) => `m${String(i).padStart(2, "0")}`);
  for (const name of names) await create(server, MAPS, map(name, { big }));
  assert.ok(watch.bufferedBytes < 2 * 1024 * 1024, "what waits for it is bounded");
  assert.ok(watch.summary.length < 30);
  watch.drain();
  assert.deepEqual(
    watch.summary,
    names.map((name) => `ADDED ${name}`),
  );
  await create(server, MAPS, map("live"));
  assert.equal(watch.summary.at(-1), "ADDED live");
});

test("an object that expires is told with the revision of its end", async () => {
  const server = await TestServer.start();
  const watch = await server.watch("/api/v1/namespaces/ns/events?watch=1&timeoutSeconds=9999");
  await create(server, "/api/v1/namespaces/ns/events", {
    metadata: { name: "e" },
    involvedObject: { namespace: "ns" },
  });
  const before = server.store.localRevision!;
  await server.clock.advance(3_602_000);
  assert.deepEqual(watch.summary, ["ADDED e", "DELETED e"]);
  assert.equal(revisionOf(watch.events[1]!.object), String(before + 1));
});

test("two servers over one store read each other's writes at once", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const [one, two] = [await TestServer.start({ clock, store }), await TestServer.start({ clock, store })];
  const watch = await two.watch(`${MAPS}?watch=1`);
  for (let i = 0; i < 20; i++) {
    const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one];
    const revision = await create(writer, MAPS, map(`m${i}`));
    assert.equal(revisionOf((await reader.request("GET", `${MAPS}/m${i}`)).json), revision);
    assert.equal(revisionOf((await reader.request("GET", MAPS)).json), revision);
  }
  assert.equal(watch.summary.length, 20);
});

test("a server that starts later serves watches that began before it was there", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const early = await TestServer.start({ clock, store });
  const revision = await create(early, MAPS, map("a"));
  await create(early, MAPS, map("b"));
  await early.request("DELETE", `${MAPS}/a`);
  early.registry.stop();
  const late = await TestServer.start({ clock, store });
  const watch = await late.watch(`${MAPS}?watch=1&resourceVersion=${revision}`);
  await create(late, MAPS, map("c"));
  assert.deepEqual(watch.summary, ["ADDED b", "DELETED a", "ADDED c"]);
});

test("columns of what a server finds at its start are extracted in the background", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const early = await TestServer.start({ clock, store });
  for (let i = 0; i < 250; i++) await create(early, PODS, pod(`p${i}`, "n1"));
  await store.compact(store.localRevision);
  const late = await TestServer.start({ clock, store });
  const { cache } = late.registry.find("", "pods")!.storage;
  const left = () => [...cache.snapshot().entries.values()].filter((entry) => !entry.extracted).length;
  assert.equal(left(), 250);
  await clock.advance(1);
  assert.equal(left(), 150);
  await clock.advance(10);
  assert.equal(left(), 0);
});

test("a watch list is not older than the revision that the client names", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const late = lateStore(store);
  const writer = await TestServer.start({ clock, store });
  const reader = await TestServer.start({ clock, store: late.store });
  const revision = await create(writer, MAPS, map("a"));
  const query = `watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${revision}`;
  const watch = reader.watch(`${MAPS}?${query}`);
  await clock.settle();
  late.release();
  assert.deepEqual((await watch).summary, ["ADDED a"]);
});

/** A store whose watch is late: what a remote one is like. */
function lateStore(store: MemoryStore): { readonly store: Store; release(): void } {
  let held: (() => void)[] = [];
  let open = true;
  const late: Store = {
    currentRevision: (options) => store.currentRevision(options),
    get: (key, options) => store.get(key, options),
    range: (prefix, options) => store.range(prefix, options),
    commit: (operation) => store.commit(operation),
    compact: (revision) => store.compact(revision),
    snapshot: (options) => store.snapshot(options),
    get compactedRevision() {
      return store.compactedRevision;
    },
    watch: (from, watcher) =>
      store.watch(from, {
        onEvents: (events) => {
          if (open) watcher.onEvents(events);
          else held.push(() => watcher.onEvents(events));
        },
        onProgress: (revision) => watcher.onProgress?.(revision),
      }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  return {
    get store() {
      open = false;
      return late;
    },
    release() {
      for (const deliver of held) deliver();
      held = [];
    },
  };
}

test("a read without a revision waits until the cache is as new as the store", async () => {
  const clock = new VirtualClock({ macrotask });
  const store = new MemoryStore({ clock });
  const late = lateStore(store);
  const writer = await TestServer.start({ clock, store });
  const reader = await TestServer.start({ clock, store: late.store });
  await create(writer, MAPS, map("a"));
  const stale = await reader.request("GET", `${MAPS}/a?resourceVersion=0`);
  assert.equal(stale.status, 404, "resourceVersion=0 takes what is there");
  let answered = false;
  const fresh = reader.request("GET", `${MAPS}/a`).then((answer) => {
    answered = true;
    return answer;
  });
  await clock.settle();
  assert.equal(answered, false);
  late.release();
  assert.equal((await fresh).status, 200);
});

/** A reader in the same process. */
class SharingSink extends TestSink {
  readonly shared: SharedEvent[] = [];
  writeEvents(events: readonly SharedEvent[], bytes: number): boolean {
    this.shared.push(...events);
    return this.write(new Uint8Array(bytes));
  }
}

test("readers in the same process get the server's own objects, others of the same watch bytes", async () => {
  const server = await TestServer.start();
  const remote = await server.watch(`${MAPS}?watch=1`);
  const local = new SharingSink();
  await server.watch(`${MAPS}?watch=1`, {}, local);
  await create(server, MAPS, map("a", { key: "1" }));
  await server.request("PUT", `${MAPS}/a`, { body: map("a", { key: "2" }) });
  await server.request("DELETE", `${MAPS}/a`);
  assert.deepEqual(remote.summary, ["ADDED a", "MODIFIED a", "DELETED a"]);
  assert.deepEqual(JSON.parse(JSON.stringify(local.shared)), remote.events);
  const added = local.shared[0]!.object;
  const again = new SharingSink();
  await server.watch(`${MAPS}?watch=1&labelSelector=x!=y`, {}, again);
  await create(server, MAPS, map("b"));
  assert.equal(again.shared[0]!.object, local.shared[3]!.object, "one object for all");
  assert.notEqual(added, local.shared[1]!.object);
});

test("tables and metadata go to readers in the same process as bytes", async () => {
  const server = await TestServer.start();
  const local = new SharingSink();
  const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
  await server.watch(`${MAPS}?watch=1`, { accept }, local);
  await create(server, MAPS, map("a"));
  assert.deepEqual(local.shared, []);
  assert.deepEqual(local.summary, ["ADDED a"]);
});

test("a stream that the reader closed costs nothing any more", async () => {
  const server = await TestServer.start();
  const watch = await server.watch(`${MAPS}?watch=1`);
  const { cache } = server.registry.find("", "configmaps")!.storage;
  assert.equal(cache.watchCount, 1);
  watch.close();
  assert.equal(cache.watchCount, 0);
  await create(server, MAPS, map("a"));
  assert.equal(watch.text, "");
  assert.ok(watch instanceof TestSink);
});
