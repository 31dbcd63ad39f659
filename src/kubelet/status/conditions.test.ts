// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod, ReadonlyContainerStatus } from "../types.ts";
import { containersReadyVerdict, initializedVerdict, readyVerdict, toCondition } from "./conditions.ts";

const pod = (spec: object, conditions: object[] = []): Pod =>
  ({ spec: { containers: [{ name: "a" }, { name: "b" }], ...spec }, status: { conditions } }) as unknown as Pod;
const status = (name: string, ready: boolean, more: object = {}): ReadonlyContainerStatus =>
  ({ name, ready, ...more }) as unknown as ReadonlyContainerStatus;

test("containers that are not ready are named", () => {
  const verdict = containersReadyVerdict(pod({}), undefined, [status("a", false), status("b", false)], "Running");
  assert.deepEqual(verdict, {
    status: "False",
    reason: "ContainersNotReady",
    message: "containers with unready status: [a b]",
  });
  const partly = containersReadyVerdict(pod({}), undefined, [status("a", false)], "Running");
  assert.equal(partly.message, "containers with unknown status: [b], containers with unready status: [a]");
});

test("a pod that has ended is not ready, for a reason of its own", () => {
  const statuses = [status("a", false), status("b", false)];
  assert.deepEqual(containersReadyVerdict(pod({}), undefined, statuses, "Succeeded"), {
    status: "False",
    reason: "PodCompleted",
  });
  assert.deepEqual(containersReadyVerdict(pod({}), undefined, statuses, "Failed"), {
    status: "False",
    reason: "PodFailed",
  });
});

test("readiness gates hold a pod back", () => {
  const spec = { readinessGates: [{ conditionType: "x/y" }, { conditionType: "z" }] };
  const verdict = readyVerdict(pod(spec, [{ type: "x/y", status: "False" }]), { status: "True" });
  assert.equal(verdict.reason, "ReadinessGatesNotReady");
  assert.equal(
    verdict.message,
    'the status of pod readiness gate "x/y" is not "True", but False, corresponding condition of pod readiness gate "z" does not exist.',
  );
});

test("a pod is initialized when its init containers have ended and its sidecars started", () => {
  const spec = { initContainers: [{ name: "i" }, { name: "s", restartPolicy: "Always" }] };
  const verdict = initializedVerdict(
    pod(spec),
    [status("i", true), status("s", false, { started: false })],
    [],
    "Pending",
  );
  assert.equal(verdict.message, "containers with incomplete status: [s]");
  const done = initializedVerdict(pod(spec), [status("i", true), status("s", false, { started: true })], [], "Pending");
  assert.deepEqual(done, { status: "True" });
});

test("the time of a transition stays while the status does", () => {
  const old = [{ type: "Ready", status: "True", lastTransitionTime: "t0" }];
  const context = { old, now: "t1", generation: 3 };
  assert.equal(toCondition("Ready", { status: "True" }, context).lastTransitionTime, "t0");
  assert.equal(toCondition("Ready", { status: "False" }, context).lastTransitionTime, "t1");
  assert.equal(toCondition("Ready", { status: "False" }, context).observedGeneration, 3);
});
