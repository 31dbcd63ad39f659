// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../api/index.ts";
import { VirtualClock } from "../simulation/virtual-clock.ts";
import { EventCorrelator } from "./event-correlator.ts";
import { EventNames } from "./event-name.ts";

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setup(): { clock: VirtualClock; correlator: EventCorrelator; event(message: string, on?: string): Event } {
  const clock = new VirtualClock({ macrotask });
  const names = new EventNames(clock);
  const event = (message: string, on = "web"): Event => ({
    metadata: { name: names.next(on), namespace: "default" },
    involvedObject: { kind: "ReplicaSet", namespace: "default", name: on, uid: on },
    reason: "SuccessfulCreate",
    message,
    source: { component: "replicaset-controller" },
    count: 1,
    type: "Normal",
  });
  return { clock, correlator: new EventCorrelator(clock, names), event };
}

test("events at the same moment have different names that begin with the object's", () => {
  const names = new EventNames(new VirtualClock({ macrotask }));
  const [first, second] = [names.next("web"), names.next("web")];
  assert.notEqual(first, second);
  assert.match(first, /^web\.[0-9a-f]{16}$/);
});

test("an equal event counts up the first one", () => {
  const { correlator, event } = setup();
  const first = correlator.correlate(event("Created pod: a"));
  const second = correlator.correlate(event("Created pod: a"));
  assert.equal(first.type, "create");
  assert.ok(second.type === "count");
  assert.equal(second.event.count, 2);
  assert.ok(first.type === "create");
  assert.equal(second.event.metadata.name, first.event.metadata.name);
  assert.deepEqual(Object.keys(second.patch), ["count", "lastTimestamp", "message"]);
});

test("the tenth event that differs in its message alone is combined with those that follow", () => {
  const { correlator, event } = setup();
  const types = Array.from({ length: 12 }, (_, i) => correlator.correlate(event(`Created pod: ${i}`)));
  assert.deepEqual(
    types.map(({ type }) => type),
    [...Array<string>(10).fill("create"), "count", "count"],
  );
  const last = types.at(-1)!;
  assert.ok(last.type === "count");
  assert.equal(last.event.message, "(combined from similar events): Created pod: 11");
  assert.equal(last.event.count, 3);
});

test("events that are ten minutes apart are not combined", async () => {
  const { clock, correlator, event } = setup();
  for (let i = 0; i < 9; i++) correlator.correlate(event(`Created pod: ${i}`));
  await clock.advance(600_001);
  const next = correlator.correlate(event("Created pod: 9"));
  assert.ok(next.type === "create");
  assert.equal(next.event.message, "Created pod: 9");
});

test("whoever says more than 25 things about an object is heard once every five minutes", async () => {
  const { clock, correlator, event } = setup();
  const heard = Array.from({ length: 30 }, () => correlator.correlate(event("Created pod: a"))).filter(
    ({ type }) => type !== "skip",
  );
  assert.equal(heard.length, 25);
  assert.notEqual(correlator.correlate(event("Created pod: a", "other")).type, "skip");
  await clock.advance(300_000);
  assert.notEqual(correlator.correlate(event("Created pod: a")).type, "skip");
  assert.equal(correlator.correlate(event("Created pod: a")).type, "skip");
});
