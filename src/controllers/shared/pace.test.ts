// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("small keys are worked on at once, large ones after a pause that grows with them", () => {
  const pace = new Pace({ msPerItem: 0.5 });
  pace.works("small", 100, 0);
  assert.equal(pace.leftMs("small", 0), 0);
  pace.works("large", 1_000, 0);
  assert.equal(pace.leftMs("large", 100), 400);
  assert.equal(pace.leftMs("large", 500), 0);
  pace.works("huge", 1_000_000, 0);
  assert.equal(pace.leftMs("huge", 0), 1_000);
  pace.works("huge", 10, 0);
  assert.equal(pace.leftMs("huge", 0), 0);
});
