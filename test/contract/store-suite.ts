// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../src/base/index.ts";
import { macrotask } from "../../src/platform/time/real-clock.ts";
import { VirtualClock } from "../../src/simulation/index.ts";
import {
  CompactedError,
  type CommitResult,
  type Store,
  type StoreEvent,
  type StoreOperation,
} from "../../src/store/index.ts";

/** Makes one kind of store; `folder` names the same data each time it is opened within one test. */
export interface StoreFactory {
  readonly name: string;
  /** Whether data outlives closing. */
  readonly durable: boolean;
  open(options: { readonly clock: Clock; readonly folder: string }): Promise<Store>;
  /** A folder for one test. */
  folder(): Promise<string>;
}

const { signal } = new AbortController();
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (value: string): Uint8Array => Buffer.from(value);

const put = (key: string, value: string, expected?: number, ttlSeconds?: number): StoreOperation => ({
  type: "put",
  key,
  expected,
  encode: (revision) => bytes(`${value}@${revision}`),
  ttlSeconds,
});
const remove = (key: string, expected?: number): StoreOperation => ({ type: "delete", key, expected });

async function committed(store: Store, operation: StoreOperation): Promise<number> {
  const result = await store.commit(operation);
  assert.equal(result.type, "committed");
  return result.revision;
}

/** Collects what a watcher hears, and can wait for a revision. */
class Recorder {
  readonly events: StoreEvent[] = [];
  ended: unknown;
  progress = 0;
  #waiting: (() => void)[] = [];

  onEvents(events: readonly StoreEvent[]): void {
    this.events.push(...events);
    this.#wake();
  }
  onProgress(revision: number): void {
    this.progress = revision;
    this.#wake();
  }
  onEnd(error: unknown): void {
    this.ended = error;
    this.#wake();
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  get lines(): string[] {
    return this.events.map((e) => `${e.type} ${e.key} ${e.revision} ${text(e.bytes)}`);
  }
  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The suite that every store passes. */
export function storeSuite(factory: StoreFactory): void {
  const check = (name: string, body: (store: Store, clock: VirtualClock, folder: string) => Promise<void>): void => {
    test(`${factory.name}: ${name}`, async () => {
      const clock = new VirtualClock({ macrotask });
      const folder = await factory.folder();
      const store = await factory.open({ clock, folder });
      try {
        await body(store, clock, folder);
      } finally {
        await store[Symbol.asyncDispose]();
      }
    });
  };
  writing(check);
  comparing(check);
  reading(check);
  watching(check);
  watchingOn(check);
  forgetting(check);
  if (factory.durable) reopening(check, factory);
}

type Check = (name: string, body: (store: Store, clock: VirtualClock, folder: string) => Promise<void>) => void;

function writing(check: Check): void {
  check("each write gets the next revision, and its bytes hold it", async (store) => {
    const first = await store.commit(put("/a", "one"));
    const second = await store.commit(put("/a", "two"));
    assert.equal(first.type, "committed");
    assert.equal(second.type, "committed");
    assert.equal(second.revision, first.revision + 1);
    const value = await store.get("/a", { signal });
    assert.equal(text(value!.bytes), `two@${second.revision}`);
    assert.equal(value!.createRevision, first.revision);
    assert.equal(value!.revision, second.revision);
  });

  check("bytes are encoded exactly once, and are the same buffer for writer, reader and watcher", async (store) => {
    let calls = 0;
    const buffer = bytes("x");
    const recorder = new Recorder();
    store.watch(await store.currentRevision({ signal }), recorder);
    const result = await store.commit({
      type: "put",
      key: "/a",
      expected: 0,
      encode: () => {
        calls++;
        return buffer;
      },
    });
    assert.equal(calls, 1);
    assert.ok(result.type === "committed" && result.bytes === buffer);
    assert.equal((await store.get("/a", { signal }))!.bytes, buffer);
    assert.equal(recorder.events[0]!.bytes, buffer);
  });
}

function comparing(check: Check): void {
  check("compare-and-swap lets one of many racing writers win, and tells the others the revision", async (store) => {
    const base = await committed(store, put("/a", "base"));
    const results = await Promise.all([1, 2, 3, 4].map((n) => store.commit(put("/a", `writer-${n}`, base))));
    const winners = results.filter((r) => r.type === "committed");
    assert.equal(winners.length, 1);
    for (const result of results) assert.equal(result.revision, winners[0]!.revision);
  });

  check("a loser hears of its conflict only when the winner can be read", async (store) => {
    let winner: CommitResult | undefined;
    const winning = store.commit(put("/a", "winner", 0)).then((result) => {
      winner = result;
    });
    const loser = await store.commit(put("/a", "loser", 0));
    assert.equal(loser.type, "conflict");
    assert.equal((await store.get("/a", { signal }))?.revision, loser.revision);
    await winning;
    assert.equal(winner?.revision, loser.revision);
  });

  check("expecting absence refuses what exists, and a refused write changes nothing", async (store) => {
    const base = await committed(store, put("/a", "base", 0));
    let encoded = false;
    const result = await store.commit({
      type: "put",
      key: "/a",
      expected: 0,
      encode: () => {
        encoded = true;
        return bytes("never");
      },
    });
    assert.deepEqual(result, { type: "conflict", revision: base });
    assert.equal(encoded, false);
    assert.equal(await store.currentRevision({ signal }), base);
  });

  check("a delete removes the key at its own revision, and deleting again is a conflict", async (store) => {
    const base = await committed(store, put("/a", "base"));
    assert.equal((await store.commit(remove("/a", base + 7))).type, "conflict");
    const gone = await committed(store, remove("/a", base));
    assert.equal(gone, base + 1);
    assert.equal(await store.get("/a", { signal }), undefined);
    assert.deepEqual(await store.commit(remove("/a")), { type: "conflict", revision: 0 });
    const again = await committed(store, put("/a", "again", 0));
    assert.equal((await store.get("/a", { signal }))!.createRevision, again);
  });

  check("writes of one tick to one key see each other", async (store) => {
    const before = await store.currentRevision({ signal });
    const results = await Promise.all([
      store.commit(put("/a", "one", 0)),
      store.commit(put("/a", "two", before + 1)),
      store.commit(remove("/a", before + 2)),
      store.commit(put("/a", "three", 0)),
    ]);
    assert.deepEqual(
      results.map((r) => r.type),
      ["committed", "committed", "committed", "committed"],
    );
    assert.equal(text((await store.get("/a", { signal }))!.bytes), `three@${before + 4}`);
  });
}

function reading(check: Check): void {
  const fill = async (store: Store, count: number): Promise<void> => {
    const keys = Array.from({ length: count }, (_, i) => `/r/${String(i).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => store.commit(put(key, key))));
  };

  check("a range holds the keys of its prefix alone, in order", async (store) => {
    for (const key of ["/b/2", "/a/2", "/a/1", "/a/10", "/a", "/ab/1"]) await store.commit(put(key, key));
    const { items, more, revision } = await store.range("/a/", { signal });
    assert.deepEqual(
      items.map((item) => item.key),
      ["/a/1", "/a/10", "/a/2"],
    );
    assert.equal(more, false);
    assert.equal(revision, await store.currentRevision({ signal }));
  });

  check("pages of one revision make up exactly that state, whatever is written between them", async (store) => {
    await fill(store, 50);
    const first = await store.range("/r/", { signal, limit: 20 });
    assert.equal(first.more, true);
    await committed(store, put("/r/0030", "changed"));
    await committed(store, put("/r/0025x", "new"));
    await committed(store, remove("/r/0040"));
    const keys = first.items.map((item) => item.key);
    let page = first;
    while (page.more) {
      page = await store.range("/r/", { signal, limit: 20, revision: first.revision, after: keys.at(-1)! });
      keys.push(...page.items.map((item) => item.key));
      for (const item of page.items) assert.ok(text(item.bytes).startsWith(item.key));
    }
    assert.deepEqual(
      keys,
      Array.from({ length: 50 }, (_, i) => `/r/${String(i).padStart(4, "0")}`),
    );
  });

  check("a key can be read as it was at an earlier revision", async (store) => {
    const first = await committed(store, put("/a", "one"));
    const second = await committed(store, put("/a", "two"));
    await committed(store, remove("/a"));
    assert.equal(text((await store.get("/a", { signal, revision: first }))!.bytes), `one@${first}`);
    assert.equal(text((await store.get("/a", { signal, revision: second }))!.bytes), `two@${second}`);
    assert.equal(await store.get("/a", { signal, revision: first - 1 }), undefined);
  });

  check("a snapshot is of one revision", async (store) => {
    await fill(store, 10);
    const seen: string[] = [];
    for await (const value of store.snapshot({ signal })) {
      seen.push(value.key);
      if (seen.length === 1) await committed(store, remove("/r/0005"));
    }
    assert.equal(seen.length, 10);
  });
}

function watching(check: Check): void {
  check("a watcher hears every change once, in order, with what was there before", async (store) => {
    const from = await store.currentRevision({ signal });
    const recorder = new Recorder();
    store.watch(from, recorder);
    await committed(store, put("/a", "one"));
    await committed(store, put("/a", "two"));
    await committed(store, remove("/a"));
    assert.deepEqual(recorder.lines, [
      `put /a ${from + 1} one@${from + 1}`,
      `put /a ${from + 2} two@${from + 2}`,
      `delete /a ${from + 3} two@${from + 2}`,
    ]);
    assert.equal(recorder.events[0]!.previous, undefined);
    assert.equal(recorder.events[1]!.previous!.revision, from + 1);
    assert.equal(text(recorder.events[2]!.previous!.bytes), `two@${from + 2}`);
    assert.equal(recorder.events[2]!.createRevision, from + 1);
  });

  check("a watcher sees a change before its writer is told", async (store) => {
    const recorder = new Recorder();
    store.watch(await store.currentRevision({ signal }), recorder);
    const revision = await committed(store, put("/a", "one"));
    assert.equal(recorder.events.at(-1)?.revision, revision);
  });

  check("a watcher that starts in the past hears history first, without a gap or a repetition", async (store) => {
    const from = await store.currentRevision({ signal });
    await Promise.all(Array.from({ length: 3000 }, (_, i) => store.commit(put(`/k/${i % 7}`, `${i}`))));
    const recorder = new Recorder();
    store.watch(from, recorder);
    const late = Promise.all(Array.from({ length: 500 }, (_, i) => store.commit(put(`/k/${i % 7}`, `${i}`))));
    await recorder.until(() => recorder.events.length >= 3500);
    await late;
    assert.deepEqual(
      recorder.events.map((e) => e.revision),
      Array.from({ length: 3500 }, (_, i) => from + 1 + i),
    );
    assert.equal(recorder.events[7]!.previous!.revision, from + 1);
  });
}

function watchingOn(check: Check): void {
  check("a watcher that starts in the future hears only what comes after it", async (store) => {
    const from = await store.currentRevision({ signal });
    const recorder = new Recorder();
    store.watch(from + 2, recorder);
    for (const value of ["one", "two", "three"]) await committed(store, put("/a", value));
    assert.deepEqual(recorder.lines, [`put /a ${from + 3} three@${from + 3}`]);
  });

  check("a stopped watcher hears nothing more", async (store) => {
    const recorder = new Recorder();
    const stop = store.watch(await store.currentRevision({ signal }), recorder);
    await committed(store, put("/a", "one"));
    stop();
    await committed(store, put("/a", "two"));
    assert.equal(recorder.events.length, 1);
  });

  check("watchers are told when the store closes, and later writes are refused", async (store) => {
    const recorder = new Recorder();
    store.watch(await store.currentRevision({ signal }), recorder);
    const pending = store.commit(put("/a", "one"));
    await store[Symbol.asyncDispose]();
    assert.equal((await pending).type, "committed");
    assert.equal(recorder.events.length, 1);
    assert.ok(recorder.ended instanceof Error);
    await assert.rejects(store.commit(put("/a", "two")));
  });

  check("the trace travels in the record", async (store) => {
    const recorder = new Recorder();
    const from = await store.currentRevision({ signal });
    await store.commit({ type: "put", key: "/a", expected: 0, encode: () => bytes("x"), traceId: "trace-1" });
    store.watch(from, recorder);
    await recorder.until(() => recorder.events.length === 1);
    assert.equal(recorder.events[0]!.traceId, "trace-1");
  });
}

function forgetting(check: Check): void {
  check("history before a compaction is refused, and what is current stays", async (store) => {
    const first = await committed(store, put("/a", "one"));
    const second = await committed(store, put("/a", "two"));
    const third = await committed(store, put("/b", "three"));
    await store.compact(second);
    assert.equal(store.compactedRevision, second);
    assert.throws(() => store.watch(first, new Recorder()), CompactedError);
    await assert.rejects(store.range("/", { signal, revision: first }), CompactedError);
    await assert.rejects(store.get("/a", { signal, revision: first }), CompactedError);
    assert.equal(text((await store.get("/a", { signal }))!.bytes), `two@${second}`);
    assert.equal((await store.range("/", { signal, revision: second })).items.length, 1);
    const recorder = new Recorder();
    store.watch(second, recorder);
    await recorder.until(() => recorder.events.length === 1);
    assert.equal(recorder.events[0]!.revision, third);
  });

  check(
    "a key with a time to live is deleted as an ordinary event, unless it was written again",
    async (store, clock) => {
      const recorder = new Recorder();
      store.watch(await store.currentRevision({ signal }), recorder);
      await committed(store, put("/short", "x", undefined, 10));
      await committed(store, put("/renewed", "x", undefined, 10));
      await committed(store, put("/kept", "x", undefined, 10));
      await clock.advance(5_000);
      await committed(store, put("/renewed", "y", undefined, 10));
      await committed(store, put("/kept", "y"));
      await clock.advance(7_000);
      await recorder.until(() => recorder.events.some((e) => e.type === "delete"));
      assert.equal(await store.get("/short", { signal }), undefined);
      assert.ok(await store.get("/renewed", { signal }));
      await clock.advance(5_000);
      await recorder.until(() => recorder.events.filter((e) => e.type === "delete").length === 2);
      assert.equal(await store.get("/renewed", { signal }), undefined);
      await clock.advance(60_000);
      assert.ok(await store.get("/kept", { signal }));
    },
  );
}

function reopening(check: Check, factory: StoreFactory): void {
  check("a reopened store has its keys, its revision, its history and its expiry", async (store, clock, folder) => {
    const first = await committed(store, put("/a", "one"));
    await committed(store, put("/a", "two"));
    await committed(store, put("/event", "e", undefined, 10));
    await committed(store, put("/gone", "x"));
    const last = await committed(store, remove("/gone"));
    await store[Symbol.asyncDispose]();
    const again = await factory.open({ clock, folder });
    try {
      assert.equal(await again.currentRevision({ signal }), last);
      assert.deepEqual(
        (await again.range("/", { signal })).items.map((item) => [item.key, item.createRevision]),
        [
          ["/a", first],
          ["/event", first + 2],
        ],
      );
      const recorder = new Recorder();
      again.watch(first, recorder);
      await recorder.until(() => recorder.events.length === 4);
      assert.equal(text(recorder.events[0]!.previous!.bytes), `one@${first}`);
      await clock.advance(11_000);
      await recorder.until(() => recorder.events.length === 5);
      assert.equal(recorder.events[4]!.revision, last + 1);
      assert.equal(await again.get("/event", { signal }), undefined);
    } finally {
      await again[Symbol.asyncDispose]();
    }
  });

  check("the revision does not go back when everything was deleted and compacted", async (store, clock, folder) => {
    await committed(store, put("/a", "one"));
    const last = await committed(store, remove("/a"));
    await store.compact(last);
    await store[Symbol.asyncDispose]();
    const again = await factory.open({ clock, folder });
    try {
      assert.equal(await again.currentRevision({ signal }), last);
      assert.equal(again.compactedRevision, last);
      assert.equal(await committed(again, put("/a", "two", 0)), last + 1);
    } finally {
      await again[Symbol.asyncDispose]();
    }
  });
}
