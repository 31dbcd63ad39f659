// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyRule } from "./policy-rule.ts";
import { compactRules, ruleText, uncoveredRules } from "./rule-coverage.ts";

const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames ? { resourceNames } : {}),
});

const missing = (owned: PolicyRule[], wanted: PolicyRule[]): string[] =>
  compactRules(uncoveredRules(owned, wanted)).map(ruleText);

test("rights are covered across rules, wildcards and names", () => {
  const pods = rule([""], ["pods"], ["get", "list"]);
  assert.deepEqual(missing([pods], [pods]), []);
  assert.deepEqual(missing([rule(["*"], ["*"], ["*"])], [pods]), []);
  assert.deepEqual(missing([rule([""], ["pods"], ["get"]), rule([""], ["*"], ["list"])], [pods]), []);
  assert.deepEqual(missing([pods], [rule([""], ["pods"], ["get"], ["a"])]), []);
  assert.deepEqual(missing([rule([""], ["*/log"], ["get"])], [rule([""], ["pods/log"], ["get"])]), []);
});

test("what is not covered is told in upstream's words", () => {
  assert.deepEqual(missing([rule([""], ["pods"], ["get"], ["a"])], [rule([""], ["pods"], ["get", "list"])]), [
    '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}',
  ]);
  assert.deepEqual(missing([], [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }]), [
    '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
  ]);
  assert.deepEqual(
    missing([{ verbs: ["get"], nonResourceURLs: ["/a*"] }], [{ verbs: ["get"], nonResourceURLs: ["/a/*"] }]),
    [],
  );
});
