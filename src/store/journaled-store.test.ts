// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { macrotask } from "../platform/time/real-clock.ts";
import { VirtualClock } from "../simulation/virtual-clock.ts";
import type { Change, Journal } from "./journal.ts";
import { JournaledStore } from "./journaled-store.ts";
import type { StoreEvent, StoreOperation } from "./store.ts";

const { signal } = new AbortController();

/** A disk that can be made to hang or to refuse. */
class UnreliableJournal implements Journal {
  readonly appended: number[][] = [];
  failure: Error | undefined;
  gate: Promise<void> | undefined;

  async append(changes: readonly Change[]): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    this.appended.push(changes.map((change) => change.event.revision));
  }
  read(): readonly StoreEvent[] {
    return [];
  }
  compact(): void {}
  close(): void {}
}

function storeOver(journal: Journal): JournaledStore {
  return new JournaledStore(
    journal,
    { records: [], revision: 1, compactedRevision: 0 },
    { clock: new VirtualClock({ macrotask }), defer: queueMicrotask },
  );
}

const put = (key: string, expected?: number): StoreOperation => ({
  type: "put",
  key,
  expected,
  encode: (revision) => Buffer.from(`${revision}`),
});

test("writes that arrive while one flush runs share the next", async () => {
  const journal = new UnreliableJournal();
  const store = storeOver(journal);
  let open: () => void = () => {};
  journal.gate = new Promise((resolve) => {
    open = resolve;
  });
  const first = store.commit(put("/a"));
  await macrotask();
  const others = ["/b", "/c", "/d"].map((key) => store.commit(put(key)));
  await macrotask();
  assert.equal(store.localRevision, 1, "nothing is durable yet");
  assert.equal(await store.get("/a", { signal }), undefined, "nor readable");
  open();
  await Promise.all([first, ...others]);
  assert.deepEqual(journal.appended, [[2], [3, 4, 5]]);
});

test("a disk that refuses fails the writes and what was promised on top of them; later ones go on from what is durable", async () => {
  const journal = new UnreliableJournal();
  const store = storeOver(journal);
  const heard: number[] = [];
  store.watch(1, { onEvents: (events) => heard.push(...events.map((event) => event.revision)) });
  await store.commit(put("/a"));
  journal.failure = new Error("no space left on device");
  let open: () => void = () => {};
  journal.gate = new Promise((resolve) => {
    open = resolve;
  });
  const lost = assert.rejects(store.commit(put("/a", 2)), /no space left/);
  await macrotask();
  const onTop = assert.rejects(store.commit(put("/a", 3)), /no space left/);
  open();
  await Promise.all([lost, onTop]);
  journal.failure = undefined;
  const again = await store.commit(put("/a", 2));
  assert.equal(again.type, "committed");
  assert.ok(again.revision > 2, "a revision that was promised once is not given again");
  assert.deepEqual(heard, [2, again.revision]);
});
