// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { goDuration } from "./go-duration.ts";

test("durations read as Go prints them", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [85, "85ms"],
    [1_500, "1.5s"],
    [10_000, "10s"],
    [80_000, "1m20s"],
    [300_000, "5m0s"],
    [7_200_000, "2h0m0s"],
  ];
  for (const [ms, text] of cases) assert.equal(goDuration(ms), text);
});
