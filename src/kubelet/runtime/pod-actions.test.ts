// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod } from "../types.ts";
import { containerHash } from "./container-hash.ts";
import { decidePodActions, type ProbeOutcomes } from "./pod-actions.ts";
import type { PodRuntime, RuntimeContainer, RuntimeSandbox } from "./pod-runtime.ts";

type Outcome = ReturnType<ProbeOutcomes["liveness"]>;

const pod = (spec: object = {}): Pod =>
  ({
    metadata: { name: "p", uid: "u" },
    spec: { restartPolicy: "Always", containers: [{ name: "app", image: "app:1" }], ...spec },
  }) as unknown as Pod;

const sandbox = (more: Partial<RuntimeSandbox> = {}): RuntimeSandbox => ({
  id: "sandbox",
  ready: true,
  attempt: 0,
  createdAtMs: 1,
  ips: ["10.0.0.1"],
  hostNetwork: false,
  ...more,
});

const container = (name: string, image: string, more: Partial<RuntimeContainer> = {}): RuntimeContainer =>
  ({
    id: `id-${name}`,
    name,
    state: "CONTAINER_RUNNING",
    exitCode: 0,
    hash: containerHash({ name, image }),
    ...more,
  }) as RuntimeContainer;

const ended = (name: string, image: string, exitCode: number) =>
  container(name, image, { state: "CONTAINER_EXITED", exitCode });

const probes = (liveness?: Outcome, startup?: Outcome): ProbeOutcomes => ({
  liveness: () => liveness,
  startup: () => startup,
});

const decide = (p: Pod, runtime: Partial<PodRuntime>, outcomes = probes()) =>
  decidePodActions(p, { sandboxes: [sandbox()], containers: [], ...runtime }, outcomes);

const names = (containers: readonly { name: string }[]) => containers.map((c) => c.name);

test("a new pod gets a sandbox and all its containers", () => {
  const actions = decide(pod(), { sandboxes: [] });
  assert.equal(actions.createSandbox, true);
  assert.deepEqual(names(actions.toStart), ["app"]);
});

test("a new pod with init containers starts the first of them alone", () => {
  const actions = decide(pod({ initContainers: [{ name: "i", image: "i" }] }), { sandboxes: [] });
  assert.deepEqual(names(actions.initToStart), ["i"]);
  assert.deepEqual(actions.toStart, []);
});

test("a running pod needs nothing", () => {
  const actions = decide(pod(), { containers: [container("app", "app:1")] });
  assert.equal(actions.killPod || actions.createSandbox, false);
  assert.equal(actions.toStart.length + actions.toKill.length, 0);
});

test("a sandbox that is gone is made anew under the next attempt", () => {
  const actions = decide(pod(), {
    sandboxes: [sandbox({ ready: false, attempt: 2 })],
    containers: [ended("app", "app:1", 1)],
  });
  assert.equal(actions.killPod && actions.createSandbox, true);
  assert.equal(actions.attempt, 3);
});

test("a pod that never restarts and has ended gets no new sandbox", () => {
  const never = pod({ restartPolicy: "Never" });
  const actions = decide(never, { sandboxes: [sandbox({ ready: false })], containers: [ended("app", "app:1", 1)] });
  assert.equal(actions.killPod, true);
  assert.equal(actions.createSandbox, false);
});

test("what ended is restarted as the policy says", () => {
  const restarts = (restartPolicy: string, code: number) =>
    decide(pod({ restartPolicy }), { containers: [ended("app", "app:1", code)] }).toStart.length === 1;
  assert.deepEqual(
    [restarts("Always", 0), restarts("OnFailure", 0), restarts("OnFailure", 1), restarts("Never", 1)],
    [true, false, true, false],
  );
});

test("a container's own rules come before the pod's policy", () => {
  const rule = { action: "Restart", exitCodes: { operator: "In", values: [42] } };
  const containers = [{ name: "app", image: "app:1", restartPolicy: "Never", restartPolicyRules: [rule] }];
  const starts = (code: number) =>
    decide(pod({ restartPolicy: "Never", containers }), { containers: [ended("app", "app:1", code)] }).toStart.length;
  assert.deepEqual([starts(42), starts(1)], [1, 0]);
});

test("when nothing runs and nothing will, the pod is ended", () => {
  const actions = decide(pod({ restartPolicy: "Never" }), { containers: [ended("app", "app:1", 0)] });
  assert.equal(actions.killPod, true);
});

test("another image replaces a container", () => {
  const actions = decide(pod(), { containers: [container("app", "app:0")] });
  assert.equal(actions.toKill[0]?.message, "Container app definition changed, will be restarted");
  assert.deepEqual(names(actions.toStart), ["app"]);
});

test("a failed liveness probe replaces a container, unless nothing is restarted", () => {
  const runtime = { containers: [container("app", "app:1")] };
  const actions = decide(pod(), runtime, probes("failure"));
  assert.equal(actions.toKill[0]?.message, "Container app failed liveness probe, will be restarted");
  const never = decide(pod({ restartPolicy: "Never" }), runtime, probes("failure"));
  assert.equal(never.toKill[0]?.message, "Container app failed liveness probe");
  assert.deepEqual(never.toStart, []);
});

const INIT = {
  initContainers: [
    { name: "one", image: "i" },
    { name: "side", image: "s", restartPolicy: "Always" },
    { name: "two", image: "i" },
  ],
};

test("init containers start one after the other, past a sidecar that runs", () => {
  const after = (...containers: RuntimeContainer[]) => names(decide(pod(INIT), { containers }).initToStart);
  assert.deepEqual(after(container("one", "i")), []);
  assert.deepEqual(after(ended("one", "i", 0)), ["side"]);
  assert.deepEqual(after(container("side", "s"), ended("one", "i", 0)), ["two"]);
});

test("a failed init container is tried again, or ends a pod that never restarts", () => {
  const containers = [ended("one", "i", 1)];
  assert.deepEqual(names(decide(pod(INIT), { containers }).initToStart), ["one"]);
  assert.equal(decide(pod({ ...INIT, restartPolicy: "Never" }), { containers }).killPod, true);
});

test("a sidecar is restarted while the pod runs", () => {
  const containers = [container("app", "app:1"), ended("two", "i", 0), ended("side", "s", 1), ended("one", "i", 0)];
  const actions = decide(pod(INIT), { containers });
  assert.deepEqual(names(actions.initToStart), ["side"]);
  assert.deepEqual(names(actions.toStart), []);
});

test("a sidecar is not restarted when all containers have ended", () => {
  const containers = [ended("app", "app:1", 0), ended("two", "i", 0), ended("side", "s", 1), ended("one", "i", 0)];
  const actions = decide(pod({ ...INIT, restartPolicy: "Never" }), { containers });
  assert.equal(actions.killPod, true);
  assert.deepEqual(actions.initToStart, []);
});

test("a sidecar's startup probe holds the next container back", () => {
  const initContainers = [{ name: "side", image: "s", restartPolicy: "Always", startupProbe: {} }];
  const runtime = { containers: [container("side", "s")] };
  assert.deepEqual(names(decide(pod({ initContainers }), runtime, probes(undefined, "unknown")).toStart), []);
  assert.deepEqual(names(decide(pod({ initContainers }), runtime, probes(undefined, "success")).toStart), ["app"]);
});

test("ephemeral containers start once", () => {
  const ephemeral = pod({ ephemeralContainers: [{ name: "debug", image: "d" }] });
  const app = container("app", "app:1");
  assert.deepEqual(names(decide(ephemeral, { containers: [app] }).ephemeralToStart), ["debug"]);
  assert.deepEqual(names(decide(ephemeral, { containers: [ended("debug", "d", 0), app] }).ephemeralToStart), []);
});
