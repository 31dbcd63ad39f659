// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { toleratesTaint, untoleratedTaint } from "./taints.ts";

const taint = { key: "dedicated", value: "gpu", effect: "NoSchedule" };

test("a toleration matches by key, value and effect", () => {
  assert.equal(
    toleratesTaint({ key: "dedicated", operator: "Equal", value: "gpu", effect: "NoSchedule" }, taint),
    true,
  );
  assert.equal(toleratesTaint({ key: "dedicated", value: "gpu" }, taint), true);
  assert.equal(toleratesTaint({ key: "dedicated", value: "cpu" }, taint), false);
  assert.equal(toleratesTaint({ key: "dedicated", operator: "Exists" }, taint), true);
  assert.equal(toleratesTaint({ key: "dedicated", operator: "Exists", effect: "NoExecute" }, taint), false);
  assert.equal(toleratesTaint({ operator: "Exists" }, taint), true);
  assert.equal(toleratesTaint({ key: "other", operator: "Exists" }, taint), false);
});

test("the first taint that is not tolerated is named, of the effects that matter", () => {
  const taints = [taint, { key: "a", effect: "NoExecute" }, { key: "b", effect: "PreferNoSchedule" }];
  assert.equal(untoleratedTaint(taints, [{ key: "dedicated", operator: "Exists" }], ["NoSchedule"]), undefined);
  assert.equal(untoleratedTaint(taints, [], ["NoExecute"])?.key, "a");
});
