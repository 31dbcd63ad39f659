// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCronSchedule } from "../../api/index.ts";
import { formatTime, parseTime } from "../../apimachinery/index.ts";
import { firedMoreThan, lastTimeMs, nextTimeMs } from "./schedule-times.ts";

/** The next three times after a moment. */
function nextThree(schedule: string, after: string, timeZone = "UTC"): string[] {
  const times: string[] = [];
  let ms: number | undefined = parseTime(after);
  for (let i = 0; i < 3 && ms !== undefined; i++) {
    ms = nextTimeMs(parseCronSchedule(schedule), ms, timeZone);
    if (ms !== undefined) times.push(formatTime(ms));
  }
  return times;
}

test("times are found by minute, hour, day, month and weekday", () => {
  assert.deepEqual(nextThree("*/15 * * * *", "2026-01-01T00:07:31Z"), [
    "2026-01-01T00:15:00Z",
    "2026-01-01T00:30:00Z",
    "2026-01-01T00:45:00Z",
  ]);
  assert.deepEqual(nextThree("0 9 * * 1-5", "2026-01-02T10:00:00Z"), [
    "2026-01-05T09:00:00Z",
    "2026-01-06T09:00:00Z",
    "2026-01-07T09:00:00Z",
  ]);
  assert.deepEqual(nextThree("0 0 29 2 *", "2026-01-01T00:00:00Z").slice(0, 1), ["2028-02-29T00:00:00Z"]);
  assert.deepEqual(nextThree("0 0 30 2 *", "2026-01-01T00:00:00Z"), []);
});

test("a day of the month and a weekday that both restrict fire on either", () => {
  assert.deepEqual(nextThree("0 0 13 * 5", "2026-02-01T00:00:00Z"), [
    "2026-02-06T00:00:00Z",
    "2026-02-13T00:00:00Z",
    "2026-02-20T00:00:00Z",
  ]);
});

test("in a zone with summer time a skipped hour does not fire, and a doubled one fires twice", () => {
  assert.deepEqual(nextThree("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin"), [
    "2026-03-30T00:30:00Z",
    "2026-03-31T00:30:00Z",
    "2026-04-01T00:30:00Z",
  ]);
  assert.deepEqual(nextThree("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin"), [
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-10-26T01:30:00Z",
  ]);
  assert.deepEqual(nextThree("0 0 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin"), [
    "2026-03-28T23:00:00Z",
    "2026-03-29T22:00:00Z",
    "2026-03-30T22:00:00Z",
  ]);
});

test("an interval counts from the last time", () => {
  assert.deepEqual(nextThree("@every 1h30m", "2026-01-01T00:00:00Z").slice(0, 2), [
    "2026-01-01T01:30:00Z",
    "2026-01-01T03:00:00Z",
  ]);
});

test("the last time that was missed is found however long ago the one before was", () => {
  const between = { sinceMs: parseTime("2020-01-01T00:00:00Z")!, nowMs: parseTime("2026-01-01T10:30:00Z")! };
  const last = (schedule: string) => formatTime(lastTimeMs(parseCronSchedule(schedule), between, "UTC")!);
  assert.equal(last("* * * * *"), "2026-01-01T10:30:00Z");
  assert.equal(last("0 9 * * *"), "2026-01-01T09:00:00Z");
  assert.equal(last("0 0 1 7 *"), "2025-07-01T00:00:00Z");
  assert.equal(lastTimeMs(parseCronSchedule("* * * * *"), { ...between, sinceMs: between.nowMs }, "UTC"), undefined);
});

test("many missed times are noticed without counting them all", () => {
  const between = { sinceMs: 0, nowMs: 1_767_225_600_000, limit: 100 };
  assert.equal(firedMoreThan(parseCronSchedule("* * * * *"), between, "UTC"), true);
  assert.equal(firedMoreThan(parseCronSchedule("0 0 1 1 *"), between, "UTC"), false);
});
