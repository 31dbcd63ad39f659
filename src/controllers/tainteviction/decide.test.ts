// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { decideStay } from "./decide.ts";

const taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" };
const tolerates = (tolerationSeconds?: number) => ({ key: taint.key, operator: "Exists", tolerationSeconds });

test("a pod stays as long as its least patient toleration says", () => {
  assert.deepEqual(decideStay([], []), { type: "forever" });
  assert.deepEqual(decideStay([taint], []), { type: "for", ms: 0 });
  assert.deepEqual(decideStay([taint], [tolerates()]), { type: "forever" });
  assert.deepEqual(decideStay([taint], [tolerates(300)]), { type: "for", ms: 300_000 });
  assert.deepEqual(decideStay([taint], [tolerates(-1)]), { type: "for", ms: 0 });
  const other = { key: "a", effect: "NoExecute" };
  assert.deepEqual(
    decideStay([taint, other], [tolerates(300), { key: "a", operator: "Exists", tolerationSeconds: 5 }]),
    {
      type: "for",
      ms: 5_000,
    },
  );
  assert.deepEqual(decideStay([taint, other], [tolerates(300)]), { type: "for", ms: 0 });
});
