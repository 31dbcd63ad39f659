// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod, ReadonlyPodStatus } from "../types.ts";
import { loggedContainerId } from "./log-source.ts";

const pod = { metadata: { name: "web" } } as unknown as Pod;
const idOf = (status: object, previous = false): string =>
  loggedContainerId(
    pod,
    { containerStatuses: [{ name: "app", ...status }] } as unknown as ReadonlyPodStatus,
    "app",
    previous,
  );
const refusal = (status: object, previous = false): string => {
  try {
    return idOf(status, previous);
  } catch (error) {
    return (error as Error).message;
  }
};

test("the log of the current run is given, or of the one that ended", () => {
  assert.equal(idOf({ state: { running: {} }, containerID: "containerd://a" }), "a");
  assert.equal(idOf({ state: { terminated: { containerID: "containerd://b" } } }), "b");
  const last = { terminated: { containerID: "containerd://c" } };
  assert.equal(idOf({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: last }), "c");
  assert.equal(idOf({ state: { running: {} }, containerID: "containerd://d", lastState: last }, true), "c");
});

test("a container without a log is refused in upstream's words", () => {
  const waiting = (reason: string) => refusal({ state: { waiting: { reason } } });
  assert.equal(waiting("ContainerCreating"), 'container "app" in pod "web" is waiting to start: ContainerCreating');
  assert.equal(
    waiting("ImagePullBackOff"),
    'container "app" in pod "web" is waiting to start: trying and failing to pull image',
  );
  assert.equal(waiting("ErrImagePull"), 'container "app" in pod "web" is waiting to start: image can\'t be pulled');
  assert.equal(refusal({ state: { running: {} } }, true), 'previous terminated container "app" in pod "web" not found');
});
