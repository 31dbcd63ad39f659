// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_RULES, type Frontend, type ServiceRules } from "./service-rules.ts";
import { staleFlows } from "./stale-flows.ts";

const dns = (kind: Frontend["kind"], ...addresses: string[]): ServiceRules => ({
  groups: [{ name: "g", backends: addresses.map((address) => ({ address, port: 53, isLocalPod: false })) }],
  frontends: [
    {
      kind,
      address: kind === "node" ? undefined : "10.96.0.10",
      protocol: "udp",
      port: 53,
      target: { type: "group", group: "g" },
    },
  ],
  hostPorts: [],
});

test("flows to a backend that went are forgotten, others stay", () => {
  assert.deepEqual(staleFlows(dns("cluster", "10.1.0.1", "10.1.0.2"), dns("cluster", "10.1.0.2")), [
    { protocol: "udp", address: "10.96.0.10", port: 53, backend: "10.1.0.1" },
  ]);
  assert.deepEqual(staleFlows(dns("cluster", "10.1.0.1"), dns("cluster", "10.1.0.1", "10.1.0.2")), []);
});

test("flows that a node port had before it led anywhere are forgotten", () => {
  assert.deepEqual(staleFlows(NO_RULES, dns("node", "10.1.0.1")), [{ protocol: "udp", address: undefined, port: 53 }]);
  assert.deepEqual(staleFlows(NO_RULES, dns("cluster", "10.1.0.1")), []);
});
