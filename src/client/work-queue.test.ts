// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../simulation/virtual-clock.ts";
import { WorkQueue } from "./work-queue.ts";

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const newClock = (): VirtualClock => new VirtualClock({ macrotask });
const signal = new AbortController().signal;

test("a key waits once however often it is added", async () => {
  const queue = new WorkQueue({ clock: newClock() });
  queue.add("a");
  queue.add("a");
  queue.add("b");
  assert.equal(queue.length, 2);
  assert.equal(await queue.next({ signal }), "a");
  assert.equal(await queue.next({ signal }), "b");
  assert.equal(queue.length, 0);
});

test("a key that is added while it is worked on waits for after", async () => {
  const queue = new WorkQueue({ clock: newClock() });
  queue.add("a");
  const key = await queue.next({ signal });
  queue.add("a");
  assert.equal(queue.length, 0);
  queue.done(key);
  assert.equal(queue.length, 1);
});

test("workers that wait get keys in the order in which they began to wait", async () => {
  const queue = new WorkQueue({ clock: newClock() });
  const first = queue.next({ signal });
  const second = queue.next({ signal });
  queue.add("a");
  queue.add("b");
  assert.deepEqual(await Promise.all([first, second]), ["a", "b"]);
});

test("a delayed key comes when its time has come, and the earliest of several times counts", async () => {
  const clock = newClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 10_000);
  queue.addAfter("a", 2_000);
  queue.addAfter("a", 5_000);
  await clock.advance(1_999);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  queue.done(await queue.next({ signal }));
  await clock.advance(20_000);
  assert.equal(queue.length, 0);
});

test("the wait of a failing key doubles from 5 ms to 1,000 s, until it is forgotten", async () => {
  const clock = newClock();
  const queue = new WorkQueue({ clock, retryBurst: 1_000 });
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    const beganMs = clock.monotonicMs();
    queue.addRateLimited("a");
    await clock.advanceUntil(() => queue.length > 0, { limitMs: 2_000_000 });
    waits.push(clock.monotonicMs() - beganMs);
    queue.done(await queue.next({ signal }));
  }
  assert.deepEqual(waits.slice(0, 5), [5, 10, 20, 40, 80]);
  assert.deepEqual(waits.slice(-2), [1_000_000, 1_000_000]);
  queue.forget("a");
  assert.equal(queue.failures("a"), 0);
});

test("many failing keys share a budget of retries", async () => {
  const clock = newClock();
  const queue = new WorkQueue({ clock, retriesPerSecond: 10, retryBurst: 100 });
  for (let i = 0; i < 120; i++) queue.addRateLimited(`key-${i}`);
  await clock.advance(5);
  assert.equal(queue.length, 100);
  await clock.advance(1_000);
  assert.equal(queue.length, 110);
});

test("waiting for a key ends with the signal", async () => {
  const queue = new WorkQueue({ clock: newClock() });
  const abort = new AbortController();
  const waiting = queue.next({ signal: abort.signal });
  abort.abort(new Error("over"));
  await assert.rejects(waiting, /over/);
  queue.add("a");
  assert.equal(queue.length, 1);
});

test("closing cancels what is delayed", async () => {
  const clock = newClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 10);
  queue.close();
  await clock.advance(100);
  assert.equal(queue.length, 0);
});
