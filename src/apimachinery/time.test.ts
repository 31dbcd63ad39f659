// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMicroTime, formatTime, parseTime } from "./time.ts";

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
