// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { categorize, endpointsOfPort, type ProxyEndpoint, type ProxyNode, type TrafficPolicy } from "./endpoints.ts";

const node: ProxyNode = { name: "here", zone: "zone-a", addresses: ["192.0.2.1"] };
const CLUSTER: TrafficPolicy = { internalLocal: false, externalLocal: false, external: false };

const endpoint = (address: string, changes: Partial<ProxyEndpoint> = {}): ProxyEndpoint => ({
  address,
  port: 80,
  isLocal: false,
  ready: true,
  serving: true,
  terminating: false,
  zoneHints: [],
  nodeHints: [],
  ...changes,
});

const addresses = (endpoints: readonly ProxyEndpoint[]) => endpoints.map(({ address }) => address);
const TERMINATING = { ready: false, serving: true, terminating: true };
const NOT_READY = { ready: false, serving: false };

test("only ready endpoints are used, as long as there are any", () => {
  const all = [endpoint("a"), endpoint("b", TERMINATING), endpoint("c", NOT_READY)];
  assert.deepEqual(addresses(categorize(all, CLUSTER, node).cluster), ["a"]);
  assert.deepEqual(addresses(categorize(all.slice(1), CLUSTER, node).cluster), ["b"]);
  const none = categorize(all.slice(2), CLUSTER, node);
  assert.deepEqual([none.cluster, none.hasAny], [[], false]);
});

test("policy Local falls back to terminating endpoints of the node before it drops", () => {
  const policy = { internalLocal: false, externalLocal: true, external: true };
  const all = [endpoint("a"), endpoint("b", { ...TERMINATING, isLocal: true })];
  const { cluster, local, hasAny } = categorize(all, policy, node);
  assert.deepEqual([addresses(cluster), addresses(local), hasAny], [["a"], ["b"], true]);
  assert.deepEqual(addresses(categorize([endpoint("a", { isLocal: true }), ...all], policy, node).local), ["a"]);
});

test("a Service that only nodes with endpoints may use needs no others, but knows of them", () => {
  const policy = { internalLocal: true, externalLocal: false, external: false };
  const { cluster, local, hasAny } = categorize([endpoint("a")], policy, node);
  assert.deepEqual([cluster, local, hasAny], [[], [], true]);
});

test("hints count when every ready endpoint has them; the node's come before the zone's", () => {
  const near = endpoint("a", { zoneHints: ["zone-a"], nodeHints: ["here"] });
  const sameZone = endpoint("b", { zoneHints: ["zone-a"], nodeHints: ["there"] });
  const far = endpoint("c", { zoneHints: ["zone-b"], nodeHints: ["there"] });
  const cluster = (...all: ProxyEndpoint[]) => addresses(categorize(all, CLUSTER, node).cluster);
  assert.deepEqual(cluster(near, sameZone, far), ["a"]);
  assert.deepEqual(cluster(sameZone, far), ["b"]);
  assert.deepEqual(cluster(far), ["c"]);
  assert.deepEqual(cluster(near, sameZone, endpoint("d")), ["a", "b", "d"]);
  assert.deepEqual(cluster(sameZone, far, endpoint("d", NOT_READY)), ["b"]);
});

test("endpoints of a port come from slices with its name and protocol, each once, the ready one first", () => {
  const slice = (name: string, ready: boolean, ports: { name?: string; port?: number; protocol?: string }[]) => ({
    metadata: { name },
    addressType: "IPv4",
    ports,
    endpoints: [{ addresses: ["10.0.0.1"], nodeName: "here", conditions: { ready } }],
  });
  const slices = [
    slice("a", false, [{ name: "web", port: 8080, protocol: "TCP" }]),
    slice("b", true, [{ name: "web", port: 8080 }]),
    slice("c", true, [{ name: "other", port: 1, protocol: "TCP" }]),
    slice("d", true, [{ name: "web", port: 53, protocol: "UDP" }]),
    slice("e", true, [{ name: "web" }]),
  ];
  const found = endpointsOfPort(slices, { name: "web", port: 80 }, node);
  assert.deepEqual(
    found.map(({ address, port, ready, isLocal }) => [address, port, ready, isLocal]),
    [["10.0.0.1", 8080, true, true]],
  );
});
