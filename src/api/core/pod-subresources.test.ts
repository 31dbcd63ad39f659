// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { copyJson, type KubeObject } from "../../apimachinery/index.ts";
import type { Container, EphemeralContainer, Pod } from "../generated/v1.35/core-v1.ts";
import { pod as podKind } from "./pod.ts";

const CONTEXT = { userName: "tester", userGroups: [], now: "2026-01-01T00:00:00Z", dryRun: false, warn: () => {} };

function runningPod(containers: readonly Partial<Container>[]): Pod {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u", resourceVersion: "1", generation: 1 },
    spec: { nodeName: "node-1", containers: containers.map((container) => ({ image: "nginx", ...container })) },
  } as Pod;
  podKind.defaults!(pod as KubeObject);
  podKind.prepareForCreate!(pod as KubeObject, CONTEXT);
  return pod;
}

/** Writes through a subresource; answers the pod and the mistakes as text. */
function write(
  subresource: string,
  old: Pod,
  change: (pod: Pod) => void,
): { readonly pod: Pod; readonly mistakes: readonly string[] } {
  const pod = copyJson(old) as Pod;
  change(pod);
  podKind.defaults!(pod as KubeObject);
  const strategy = podKind.subresources![subresource]!;
  strategy.prepareForUpdate(pod as KubeObject, old as KubeObject, CONTEXT);
  const errors = strategy.validateUpdate(pod as KubeObject, old as KubeObject);
  return { pod, mistakes: errors.map(({ field, body }) => `${field}: ${body}`) };
}

const burstable = (): Pod =>
  runningPod([
    { name: "a", resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "64Mi" } } },
    { name: "b" },
  ]);

test("a resize changes cpu and memory of containers, and nothing else of the pod", () => {
  const old = burstable();
  const { pod, mistakes } = write("resize", old, (changed) => {
    changed.metadata.labels = { app: "web" };
    changed.spec.containers[0]!.image = "other";
    changed.spec.containers[0]!.resources!.limits!["cpu"] = "300m";
    changed.spec.terminationGracePeriodSeconds = 5;
  });
  assert.deepEqual(mistakes, []);
  assert.equal(pod.metadata.labels, undefined);
  assert.equal(pod.spec.containers[0]!.image, "nginx");
  assert.equal(pod.spec.terminationGracePeriodSeconds, 30);
  assert.equal(pod.spec.containers[0]!.resources!.limits!["cpu"], "300m");
});

test("a resize keeps the class of service, the containers and what they ask for", () => {
  const mistakesOf = (change: (pod: Pod) => void): readonly string[] => write("resize", burstable(), change).mistakes;
  assert.deepEqual(
    mistakesOf(({ spec }) => spec.containers.reverse()),
    [
      "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
      "spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize",
    ],
  );
  assert.deepEqual(
    mistakesOf(({ spec }) => spec.containers.pop()),
    ["spec.containers: Forbidden: containers may not be added or removed on resize"],
  );
  assert.deepEqual(
    mistakesOf(({ spec }) => delete spec.containers[0]!.resources!.limits!["memory"]),
    ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"],
  );
  assert.deepEqual(
    mistakesOf(({ spec }) => (spec.containers[0]!.resources!.limits!["ephemeral-storage"] = "1Gi")),
    ["spec: Forbidden: only cpu and memory resources are mutable"],
  );
  const guaranteed = runningPod([{ name: "a", resources: { limits: { cpu: "1", memory: "1Gi" } } }]);
  assert.deepEqual(
    write("resize", guaranteed, ({ spec }) => (spec.containers[0]!.resources!.limits!["cpu"] = "2")).mistakes,
    ['spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing'],
  );
});

test("an ephemeral container is added, and stays as it is from then on", () => {
  const ephemeral = { name: "debug", image: "busybox" } as EphemeralContainer;
  const { pod, mistakes } = write("ephemeralcontainers", burstable(), ({ spec }) => {
    spec.ephemeralContainers = [ephemeral];
    spec.containers[0]!.image = "other";
  });
  assert.deepEqual(mistakes, []);
  assert.equal(pod.spec.containers[0]!.image, "nginx");
  assert.equal(pod.spec.ephemeralContainers![0]!.terminationMessagePath, "/dev/termination-log");
  assert.deepEqual(write("ephemeralcontainers", pod, ({ spec }) => delete spec.ephemeralContainers).mistakes, [
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
  ]);
  const [mistake = ""] = write("ephemeralcontainers", pod, ({ spec }) => {
    spec.ephemeralContainers![0]!.image = "alpine";
  }).mistakes;
  assert.match(mistake, /existing ephemeral containers "debug" may not be changed\n/);
  assert.match(mistake, /busybox[^]*alpine/);
});

test("a resize does not bring resources other than cpu and memory to a container that had none", () => {
  const { mistakes } = write("resize", burstable(), (pod) => {
    pod.spec.containers[1]!.resources = { requests: { "ephemeral-storage": "1Gi" } };
  });
  assert.deepEqual(mistakes, ["spec: Forbidden: only cpu and memory resources are mutable"]);
});
