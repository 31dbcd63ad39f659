// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoints, Pod } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { podFixture, serviceFixture } from "../../../test/fixtures/objects.ts";
import { decide } from "./decide.ts";
import { desiredSubsets, ENDPOINTS_CAPACITY, truncated } from "./subsets.ts";

const podAt = (name: string, ip: string, ready = true): Cached<Pod> =>
  podFixture(name, { ready, status: { podIP: ip, podIPs: [{ ip }] } });
const service = serviceFixture("s", { meta: { labels: { team: "a" } } });
const NOW = { endpoints: undefined, triggered: "2026-01-01T00:00:00Z" };

test("ready and unready pods stand in one subset, apart, in order", () => {
  const subsets = desiredSubsets(service, [
    podAt("b", "10.1.0.2"),
    podAt("a", "10.1.0.1"),
    podAt("c", "10.1.0.3", false),
  ]);
  assert.equal(subsets.length, 1);
  assert.deepEqual(
    subsets[0]?.addresses?.map(({ ip }) => ip),
    ["10.1.0.1", "10.1.0.2"],
  );
  assert.deepEqual(
    subsets[0]?.notReadyAddresses?.map(({ ip }) => ip),
    ["10.1.0.3"],
  );
  assert.deepEqual(subsets[0]?.ports, [{ port: 80, protocol: "TCP" }]);
});

test("Endpoints carry the Service's labels, who made them, and when the change happened", () => {
  const decision = decide(service, [podAt("a", "10.1.0.1")], NOW);
  assert.ok(decision.type === "create");
  assert.deepEqual(decision.endpoints.metadata.labels, {
    team: "a",
    "endpoints.kubernetes.io/managed-by": "endpoint-controller",
  });
  assert.equal(
    decision.endpoints.metadata.annotations?.["endpoints.kubernetes.io/last-change-trigger-time"],
    "2026-01-01T00:00:00Z",
  );
});

test("Endpoints that say it already are kept", () => {
  const pods = [podAt("a", "10.1.0.1")];
  const first = decide(service, pods, NOW);
  assert.ok(first.type === "create");
  const endpoints = first.endpoints as Cached<Endpoints>;
  assert.equal(decide(service, pods, { endpoints, triggered: undefined }).type, "keep");
  assert.equal(decide(service, [], { endpoints, triggered: undefined }).type, "update");
});

test("what is over the capacity is cut, unready addresses first, and that is said", () => {
  const at = (i: number): string => `10.${Math.floor(i / 60_000)}.${Math.floor(i / 250) % 250}.${(i % 250) + 1}`;
  const pods = Array.from({ length: 1_200 }, (_, i) => podAt(`p-${i}`, at(i), i < 900));
  const { subsets, cut } = truncated(desiredSubsets(service, pods));
  assert.equal(cut, true);
  assert.equal(subsets[0]?.addresses?.length, 900);
  assert.equal(subsets[0]?.notReadyAddresses?.length, 100);
  const decision = decide(service, pods, NOW);
  assert.ok(decision.type === "create");
  assert.equal(decision.endpoints.metadata.annotations?.["endpoints.kubernetes.io/over-capacity"], "truncated");
  const ready = Array.from({ length: 1_200 }, (_, i) => podAt(`p-${i}`, at(i)));
  assert.equal(truncated(desiredSubsets(service, ready)).subsets[0]?.addresses?.length, ENDPOINTS_CAPACITY);
});

test("a headless Service needs no ports", () => {
  const headless = serviceFixture("s", { spec: { clusterIP: "None", ports: [] } });
  assert.deepEqual(desiredSubsets(headless, [podAt("a", "10.1.0.1")])[0]?.ports, undefined);
  assert.deepEqual(desiredSubsets(serviceFixture("s", { spec: { ports: [] } }), [podAt("a", "10.1.0.1")]), []);
});
