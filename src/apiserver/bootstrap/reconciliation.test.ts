// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import { reconcile } from "./reconciliation.ts";

const RBAC = "rbac.authorization.k8s.io";
const rule = (...verbs: string[]) => ({ apiGroups: [""], resources: ["pods"], verbs });

function outcome(group: string, wanted: object, existing: object): unknown {
  const kind = { apiVersion: "v1", kind: "Thing" };
  const entry = { group, resource: "things", object: { ...kind, metadata: { name: "a" }, ...wanted } as KubeObject };
  const result = reconcile(entry, { ...kind, metadata: { name: "a" }, ...existing } as KubeObject);
  if (result.action !== "update") return result.action;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = result.object;
  return rest;
}

test("a role gets the rules, labels and annotations that it lacks, and keeps those that users gave it", () => {
  const wanted = { metadata: { name: "a", labels: { x: "1" } }, rules: [rule("get"), rule("list")] };
  const existing = { metadata: { name: "a", labels: { x: "2", y: "3" } }, rules: [rule("get", "delete")] };
  assert.deepEqual(outcome(RBAC, wanted, existing), {
    metadata: { name: "a", labels: { x: "2", y: "3" } },
    rules: [rule("get", "delete"), rule("list")],
  });
  assert.equal(outcome(RBAC, wanted, { metadata: wanted.metadata, rules: [rule("*")] }), "keep");
});

test("a role's missing selectors of aggregation come back, and a role that shall not aggregate no longer does", () => {
  const selector = (label: string) => ({ matchLabels: { [label]: "true" } });
  const aggregated = (...labels: string[]) => ({ aggregationRule: { clusterRoleSelectors: labels.map(selector) } });
  assert.deepEqual(outcome(RBAC, aggregated("a", "b"), aggregated("b", "c")), {
    metadata: { name: "a" },
    ...aggregated("b", "c", "a"),
  });
  assert.deepEqual(outcome(RBAC, { rules: [] }, { ...aggregated("a"), rules: [] }), {
    metadata: { name: "a" },
    rules: [],
  });
});

test("an owner who says no by annotation is left alone", () => {
  const metadata = { name: "a", annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } };
  assert.equal(outcome(RBAC, { rules: [rule("get")] }, { metadata, rules: [] }), "keep");
});

test("a binding gets the subjects that it lacks, and is made anew when it binds another role", () => {
  const subject = (name: string) => ({ kind: "User", name });
  const binding = (role: string, ...names: string[]) => ({ roleRef: { name: role }, subjects: names.map(subject) });
  assert.deepEqual(outcome(RBAC, binding("r", "x", "y"), binding("r", "y", "z")), {
    metadata: { name: "a" },
    ...binding("r", "y", "z", "x"),
  });
  assert.equal(outcome(RBAC, binding("r", "x"), binding("s", "x")), "recreate");
});

test("flow control follows its annotation; without one, what nobody changed; and for what must be, always", () => {
  const group = "flowcontrol.apiserver.k8s.io";
  const key = "apf.kubernetes.io/autoupdate-spec";
  const at = (name: string, generation: number, stated?: string) => ({
    metadata: { name, generation, ...(stated ? { annotations: { [key]: stated } } : {}) },
    spec: { old: true },
  });
  const wanted = (name: string) => ({ metadata: { name }, spec: { fresh: true } });
  assert.deepEqual(outcome(group, wanted("a"), at("a", 3, "true")), { ...at("a", 3, "true"), spec: { fresh: true } });
  assert.equal(outcome(group, wanted("a"), at("a", 3, "false")), "keep");
  assert.deepEqual(outcome(group, wanted("a"), at("a", 3)), at("a", 3, "false"));
  assert.deepEqual(outcome(group, wanted("a"), at("a", 1)), { ...at("a", 1, "true"), spec: { fresh: true } });
  const mandatory = outcome(group, wanted("exempt"), at("exempt", 3, "false"));
  assert.deepEqual(mandatory, { ...at("exempt", 3, "true"), spec: { fresh: true } });
});

test("a registration of what is served here is put right, unless it lost the label that says so", () => {
  const group = "apiregistration.k8s.io";
  const labels = { "kube-aggregator.kubernetes.io/automanaged": "onstart" };
  const existing = { metadata: { name: "a", labels }, spec: { versionPriority: 1 } };
  const fixed = { metadata: { name: "a", labels }, spec: { versionPriority: 15 } };
  assert.deepEqual(outcome(group, { spec: { versionPriority: 15 } }, existing), fixed);
  assert.equal(outcome(group, { spec: { versionPriority: 15 } }, { spec: { versionPriority: 1 } }), "keep");
});
