// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Pod } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { nodeFixture, podFixture, serviceFixture } from "../../../test/fixtures/objects.ts";
import { decide, type SlicePlan } from "./decide.ts";

const zone = nodeFixture("node-1", { meta: { labels: { "topology.kubernetes.io/zone": "a" } } });
const nodeOf = (name: string) => (name === "node-1" ? zone : undefined);

const podAt = (name: string, ip: string, fixture: Parameters<typeof podFixture>[1] = {}): Cached<Pod> =>
  podFixture(name, { ...fixture, status: { podIP: ip, podIPs: [{ ip }], ...fixture?.status } });

const podsAt = (count: number): Cached<Pod>[] =>
  Array.from({ length: count }, (_, i) => podAt(`p-${i}`, `10.1.${Math.floor(i / 200)}.${(i % 200) + 1}`));

/** The slice as it is after it was written. */
const stored = (slice: EndpointSlice, name: string): Cached<EndpointSlice> =>
  ({
    ...slice,
    metadata: { ...slice.metadata, name, uid: name, resourceVersion: "1", creationTimestamp: "" },
  }) as Cached<EndpointSlice>;

const written = (plan: SlicePlan): Cached<EndpointSlice>[] => [
  ...plan.create.map((slice, i) => stored(slice, `new-${i}`)),
  ...plan.update.map((slice) => stored(slice, slice.metadata.name ?? "")),
];

const lengths = (slices: readonly { endpoints?: readonly unknown[] }[]): number[] =>
  slices.map(({ endpoints }) => endpoints?.length ?? 0).sort((a, b) => b - a);

const service = serviceFixture("s");

test("a Service without pods has one slice that is empty, and keeps it", () => {
  const plan = decide({ service, pods: [], slices: [], nodeOf });
  assert.equal(plan.create.length, 1);
  assert.deepEqual(plan.create[0]?.endpoints, []);
  assert.deepEqual(plan.create[0]?.metadata.labels, {
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    "kubernetes.io/service-name": "s",
  });
  const again = decide({ service, pods: [], slices: written(plan), nodeOf });
  assert.deepEqual([again.create, again.update, again.delete], [[], [], []]);
});

test("an endpoint names its pod, node and zone, and its conditions", () => {
  const plan = decide({ service, pods: [podAt("p", "10.1.0.1")], slices: [], nodeOf });
  assert.deepEqual(plan.create[0]?.endpoints, [
    {
      addresses: ["10.1.0.1"],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: "Pod", namespace: "default", name: "p", uid: "uid-of-p" },
      nodeName: "node-1",
      zone: "a",
    },
  ]);
  assert.deepEqual(plan.create[0]?.ports, [{ name: "", port: 80, protocol: "TCP" }]);
});

test("the empty slice becomes the first one with endpoints: one write", () => {
  const empty = written(decide({ service, pods: [], slices: [], nodeOf }));
  const plan = decide({ service, pods: [podAt("p", "10.1.0.1")], slices: empty, nodeOf });
  assert.deepEqual([plan.create.length, plan.update.length, plan.delete.length], [0, 1, 0]);
  assert.equal(plan.update[0]?.metadata.name, "new-0");
});

test("a slice holds a hundred endpoints", () => {
  const plan = decide({ service, pods: podsAt(250), slices: [], nodeOf });
  assert.deepEqual(lengths(plan.create), [100, 100, 50]);
});

test("one more endpoint changes one slice, the one with the least room that is enough", () => {
  const slices = written(decide({ service, pods: podsAt(250), slices: [], nodeOf }));
  const plan = decide({ service, pods: podsAt(251), slices, nodeOf });
  assert.deepEqual([plan.create.length, plan.update.length, plan.delete.length], [0, 1, 0]);
  assert.deepEqual(lengths(plan.update), [51]);
});

test("an endpoint that goes changes its slice alone, and the last one leaves the empty slice", () => {
  const slices = written(decide({ service, pods: podsAt(250), slices: [], nodeOf }));
  const plan = decide({ service, pods: podsAt(250).slice(1), slices, nodeOf });
  assert.deepEqual([plan.create.length, plan.update.length, plan.delete.length], [0, 1, 0]);
  const none = decide({ service, pods: [], slices, nodeOf });
  assert.deepEqual([none.create.length, none.update.length, none.delete.length], [0, 1, 2]);
  assert.deepEqual(lengths(none.update), [0]);
});

test("pods with another number behind a named port have a slice of their own", () => {
  const named = serviceFixture("s", {
    spec: { ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }] },
  });
  const containers = (containerPort: number) => [{ name: "c", image: "x", ports: [{ name: "web", containerPort }] }];
  const pods = [
    podAt("a", "10.1.0.1", { spec: { containers: containers(8080) } }),
    podAt("b", "10.1.0.2", { spec: { containers: containers(9090) } }),
  ];
  const plan = decide({ service: named, pods, slices: [], nodeOf });
  assert.deepEqual(plan.create.map(({ ports }) => ports?.[0]?.port).sort(), [8080, 9090]);
});

test("a pod whose node is not known is left out and looked at again, unless unready ones are published too", () => {
  const pods = [podAt("p", "10.1.0.1", { spec: { nodeName: "gone" } })];
  const plan = decide({ service, pods, slices: [], nodeOf });
  assert.deepEqual(plan.withoutNode, ["p"]);
  assert.deepEqual(lengths(plan.create), [0]);
  const publishing = serviceFixture("s", { spec: { publishNotReadyAddresses: true } });
  assert.deepEqual(lengths(decide({ service: publishing, pods, slices: [], nodeOf }).create), [1]);
});

test("labels of the Service reach its slices, and headless ones say that they are", () => {
  const slices = written(decide({ service, pods: [podAt("p", "10.1.0.1")], slices: [], nodeOf }));
  const labeled = serviceFixture("s", { meta: { labels: { team: "a" } }, spec: { clusterIP: "None" } });
  const plan = decide({ service: labeled, pods: [podAt("p", "10.1.0.1")], slices, nodeOf });
  assert.equal(plan.update[0]?.metadata.labels?.["team"], "a");
  assert.equal(plan.update[0]?.metadata.labels?.["service.kubernetes.io/headless"], "");
});

test("a stable host name under the Service is told", () => {
  const pods = [podAt("p", "10.1.0.1", { spec: { hostname: "db-0", subdomain: "s" } })];
  assert.equal(decide({ service, pods, slices: [], nodeOf }).create[0]?.endpoints?.[0]?.hostname, "db-0");
});

test("hints keep traffic in its zone when the Service prefers that", () => {
  const close = serviceFixture("s", { spec: { trafficDistribution: "PreferClose" } });
  const pods = [podAt("p", "10.1.0.1"), podAt("q", "10.1.0.2", { ready: false })];
  const endpoints = decide({ service: close, pods, slices: [], nodeOf }).create[0]?.endpoints ?? [];
  assert.deepEqual(endpoints[0]?.hints, { forZones: [{ name: "a" }] });
  assert.equal(endpoints[1]?.hints, undefined);
});
