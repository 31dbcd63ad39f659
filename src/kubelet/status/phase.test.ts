// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod, ReadonlyContainerStatus } from "../types.ts";
import { podPhase } from "./phase.ts";

const pod = (spec: object): Pod =>
  ({ spec: { containers: [{ name: "a" }, { name: "b" }], ...spec } }) as unknown as Pod;

const status = (name: string, state: object, more: object = {}): ReadonlyContainerStatus =>
  ({ name, state, ...more }) as unknown as ReadonlyContainerStatus;
const running = (name: string) => status(name, { running: {} });
const waiting = (name: string, more: object = {}) => status(name, { waiting: {} }, more);
const ended = (name: string, exitCode: number) => status(name, { terminated: { exitCode } });
const crashed = (name: string) => waiting(name, { lastState: { terminated: { exitCode: 1 } } });

test("a pod is pending while one of its containers has not started", () => {
  assert.equal(podPhase(pod({}), [running("a"), waiting("b")], false), "Pending");
  assert.equal(podPhase(pod({}), [running("a")], false), "Pending");
});

test("a pod runs while one of its containers does, or will again", () => {
  assert.equal(podPhase(pod({}), [running("a"), ended("b", 1)], false), "Running");
  assert.equal(podPhase(pod({}), [crashed("a"), crashed("b")], false), "Running");
  assert.equal(podPhase(pod({ restartPolicy: "OnFailure" }), [ended("a", 0), ended("b", 1)], false), "Running");
});

test("a pod has succeeded or failed when all of its containers have ended for good", () => {
  const never = pod({ restartPolicy: "Never" });
  assert.equal(podPhase(never, [ended("a", 0), ended("b", 0)], false), "Succeeded");
  assert.equal(podPhase(never, [ended("a", 0), ended("b", 1)], false), "Failed");
  assert.equal(podPhase(pod({}), [ended("a", 0), ended("b", 0)], true), "Succeeded");
  assert.equal(podPhase(pod({}), [ended("a", 0), ended("b", 137)], true), "Failed");
});

test("a failed init container fails a pod that never restarts", () => {
  const spec = { initContainers: [{ name: "i" }], restartPolicy: "Never" };
  assert.equal(podPhase(pod(spec), [ended("i", 1), waiting("a"), waiting("b")], false), "Failed");
  assert.equal(
    podPhase(pod({ ...spec, restartPolicy: "Always" }), [ended("i", 1), waiting("a"), waiting("b")], false),
    "Pending",
  );
});

test("a sidecar that restarts does not make a running pod pending", () => {
  const spec = { initContainers: [{ name: "s", restartPolicy: "Always" }] };
  assert.equal(podPhase(pod(spec), [waiting("s"), running("a"), running("b")], false), "Running");
  assert.equal(podPhase(pod(spec), [waiting("s"), waiting("a"), waiting("b")], false), "Pending");
});
