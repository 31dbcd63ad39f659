// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import { decideGarbage } from "./garbage.ts";
import type { RuntimeContainer, RuntimeSandbox } from "./pod-runtime.ts";

const container = (id: string, name: string, state: RuntimeContainer["state"], sandboxId = "new"): RuntimeContainer =>
  ({ id, name, state, sandboxId }) as RuntimeContainer;
const sandbox = (id: string, ready: boolean): RuntimeSandbox => ({ id, ready }) as RuntimeSandbox;

const containers = [
  container("3", "app", "CONTAINER_RUNNING"),
  container("2", "app", "CONTAINER_EXITED"),
  container("1", "app", "CONTAINER_EXITED", "old"),
  container("i", "init", "CONTAINER_EXITED"),
];

test("one ended container of each name is kept, and sandboxes that still hold one", () => {
  const sandboxes = [sandbox("new", true), sandbox("old", false)];
  const garbage = decideGarbage({ sandboxes, containers }, false);
  assert.deepEqual(
    garbage.containers.map((c) => c.id),
    ["1"],
  );
  assert.deepEqual(
    garbage.sandboxes.map((s) => s.id),
    ["old"],
  );
});

test("the newest sandbox stays though it has ended", () => {
  assert.deepEqual(decideGarbage({ sandboxes: [sandbox("new", false)], containers: [] }, false).sandboxes, []);
});

test("a pod that is gone leaves nothing", () => {
  const garbage = decideGarbage({ sandboxes: [sandbox("new", true)], containers }, true);
  assert.equal(garbage.containers.length, 4);
  assert.equal(garbage.sandboxes.length, 1);
});
