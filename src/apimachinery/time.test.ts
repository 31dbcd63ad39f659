// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalMicroTime,
  canonicalTime,
  formatMicroTime,
  formatTime,
  humanDuration,
  parseTime,
  readTime,
  translateTimestampSince,
} from "./time.ts";

test("a time is printed to the second in UTC", () => {
  assert.equal(formatTime(0), "1970-01-01T00:00:00Z");
  assert.equal(formatTime(1_767_225_600_999), "2026-01-01T00:00:00Z");
  assert.equal(formatTime(951_782_399_000), "2000-02-28T23:59:59Z");
  assert.equal(formatTime(951_782_400_000), "2000-02-29T00:00:00Z");
  assert.equal(formatTime(-1_000), "1969-12-31T23:59:59Z");
});

test("a micro time keeps six digits", () => {
  assert.equal(formatMicroTime(1_767_225_600_000.25), "2026-01-01T00:00:00.000250Z");
});

test("parsing is the inverse of printing, and honours offsets", () => {
  for (const ms of [0, 951_782_400_000, 1_767_225_600_000, 4_102_444_800_000])
    assert.equal(parseTime(formatTime(ms)), ms);
  assert.equal(parseTime("2026-01-01T02:00:00+02:00"), 1_767_225_600_000);
  assert.equal(parseTime("2026-01-01T00:00:00.5Z"), 1_767_225_600_500);
});

test("what is no time is refused", () => {
  for (const text of ["", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z"])
    assert.equal(parseTime(text), undefined);
});

test("a refusal says what Go's parser says", () => {
  const layout = '"2006-01-02T15:04:05Z07:00"';
  assert.throws(() => readTime("yesterday"), {
    message: `parsing time "yesterday" as ${layout}: cannot parse "yesterday" as "2006"`,
  });
  assert.throws(() => readTime("2026-01-01 00:00:00Z"), {
    message: `parsing time "2026-01-01 00:00:00Z" as ${layout}: cannot parse " 00:00:00Z" as "T"`,
  });
  assert.throws(() => readTime("2026-02-30T00:00:00Z"), {
    message: 'parsing time "2026-02-30T00:00:00Z": day out of range',
  });
  assert.throws(() => readTime("2026-02-03T00:00:00Zz"), {
    message: 'parsing time "2026-02-03T00:00:00Zz": extra text: "z"',
  });
});

test("times are written back in UTC, and year one is no time", () => {
  assert.equal(canonicalTime("2026-01-01T02:00:00.9+02:00"), "2026-01-01T00:00:00Z");
  assert.equal(canonicalTime("0001-01-01T00:00:00Z"), undefined);
  assert.equal(canonicalMicroTime("2026-01-01T02:00:00.000001+02:00"), "2026-01-01T00:00:00.000001Z");
  assert.throws(() => canonicalMicroTime("2026-01-01T00:00:00Z"), { message: /cannot parse "Z" as ".000000"$/ });
});

test("ages are told in the words of kubectl", () => {
  const SECOND = 1000;
  const HOUR = 3600 * SECOND;
  const DAY = 24 * HOUR;
  const AGES: readonly (readonly [ms: number, text: string])[] = [
    [-2 * SECOND, "<invalid>"],
    [-1 * SECOND, "0s"],
    [119 * SECOND, "119s"],
    [125 * SECOND, "2m5s"],
    [179 * 60 * SECOND, "179m"],
    [3 * HOUR, "3h"],
    [7 * HOUR + 60 * SECOND, "7h1m"],
    [47 * HOUR, "47h"],
    [2 * DAY + 3 * HOUR, "2d3h"],
    [8 * DAY, "8d"],
    [3 * 365 * DAY + 2 * DAY, "3y2d"],
    [9 * 365 * DAY, "9y"],
  ];
  for (const [ms, text] of AGES) assert.equal(humanDuration(ms), text);
  assert.equal(translateTimestampSince("1970-01-01T00:00:00Z", 5000), "5s");
  assert.equal(translateTimestampSince(null, 5000), "<unknown>");
});
