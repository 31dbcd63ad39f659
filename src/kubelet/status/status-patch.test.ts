// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { PodStatus } from "../types.ts";
import { deepEqual, statusPatch } from "./status-patch.ts";

const status = (value: object): PodStatus => value as PodStatus;

test("equal statuses need no patch, whatever is absent or null", () => {
  const a = status({ phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
  const b = status({
    phase: "Running",
    message: undefined,
    conditions: [{ type: "Ready", status: "True", lastProbeTime: null }],
  });
  assert.equal(statusPatch("u", a, b), undefined);
});

test("only what changed is written, and what is gone is taken away", () => {
  const patch = statusPatch(
    "u",
    status({ phase: "Pending", message: "m", hostIP: "h" }),
    status({ phase: "Running", hostIP: "h" }),
  );
  assert.deepEqual(patch, { metadata: { uid: "u" }, status: { phase: "Running", message: null } });
});

test("a condition's old reason is taken away by name", () => {
  const old = status({ conditions: [{ type: "Ready", status: "False", reason: "R", message: "M" }] });
  const patch = statusPatch("u", old, status({ conditions: [{ type: "Ready", status: "True" }] })) as {
    status: object;
  };
  assert.deepEqual(patch.status, {
    conditions: [{ type: "Ready", status: "True", reason: null, message: null }],
    "$setElementOrder/conditions": [{ type: "Ready" }],
  });
});

test("conditions of others are left alone", () => {
  const old = status({ conditions: [{ type: "x/y", status: "True" }] });
  const patch = statusPatch("u", old, status({ conditions: [{ type: "Ready", status: "True" }] })) as {
    status: Record<string, unknown>;
  };
  assert.deepEqual(patch.status["conditions"], [{ type: "Ready", status: "True" }]);
  assert.deepEqual(patch.status["$setElementOrder/conditions"], [{ type: "x/y" }, { type: "Ready" }]);
});

test("an address that a pod lost is deleted from the list", () => {
  const patch = statusPatch("u", status({ podIPs: [{ ip: "1" }] }), status({ podIPs: [{ ip: "2" }] })) as {
    status: object;
  };
  assert.deepEqual(patch.status, { podIPs: [{ ip: "1", $patch: "delete" }, { ip: "2" }] });
});

test("values are compared deeply", () => {
  assert.equal(deepEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true);
  assert.equal(deepEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }), false);
  assert.equal(deepEqual([], {}), false);
});
