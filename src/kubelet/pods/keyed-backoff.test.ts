// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyedBackoff } from "./keyed-backoff.ts";

const backoff = () => {
  let now = 0;
  const clock = { nowMs: () => now } as unknown as ConstructorParameters<typeof KeyedBackoff>[0];
  return { backoff: new KeyedBackoff(clock, { baseMs: 10, maxMs: 40 }), to: (ms: number) => (now = ms) };
};

test("a delay doubles up to its limit", () => {
  const { backoff: b, to } = backoff();
  const delays: number[] = [];
  for (let i = 0; i < 4; i++) {
    to(i * 20);
    b.next("a", i * 20);
    delays.push(b.delayMs("a"));
  }
  assert.deepEqual(delays, [10, 20, 40, 40]);
});

test("a delay is over when its time has passed since the event", () => {
  const { backoff: b, to } = backoff();
  b.next("a", 0);
  to(4);
  assert.equal(b.remainingSinceMs("a", 0), 6);
  to(10);
  assert.equal(b.remainingSinceMs("a", 0), 0);
});

test("a delay is forgotten after twice the longest one", () => {
  const { backoff: b, to } = backoff();
  b.next("a", 0);
  b.next("a", 0);
  to(81);
  assert.equal(b.remainingSinceMs("a", 81), 0);
  b.next("a", 81);
  assert.equal(b.delayMs("a"), 10);
});

test("a pod's delays are forgotten with it", () => {
  const { backoff: b } = backoff();
  b.next("uid/a", 0);
  b.next("other/a", 0);
  b.forget("uid/");
  assert.equal(b.size, 1);
});
