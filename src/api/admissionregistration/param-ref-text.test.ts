// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { paramRefText } from "./param-ref-text.ts";

test("parameters are shown by their name, or by what selects them", () => {
  assert.equal(paramRefText(undefined), "<unset>");
  assert.equal(paramRefText({ name: "x", namespace: "n" }), "n/x");
  assert.equal(paramRefText({ name: "x" }), "*/x");
  const matchExpressions = [{ key: "k", operator: "In", values: ["v", "w"] }];
  assert.equal(
    paramRefText({ selector: { matchLabels: { b: "2", a: "1" }, matchExpressions } }),
    "&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[v w],},},}",
  );
  assert.equal(
    paramRefText({ selector: {} }),
    "&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{},}",
  );
});
