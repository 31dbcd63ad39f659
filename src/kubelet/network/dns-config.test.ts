// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod } from "../types.ts";
import { podDns } from "./dns-config.ts";

const node = {
  clusterDns: ["10.0.0.10"],
  clusterDomain: "cluster.local",
  resolvConf: "nameserver 1.1.1.1\nsearch corp.example. lan\noptions ndots:2 timeout:1\n",
};
const dns = (spec: object) => podDns({ metadata: { namespace: "shop" }, spec } as unknown as Pod, node);

test("pods ask the cluster's DNS first", () => {
  assert.deepEqual(dns({}), {
    servers: ["10.0.0.10"],
    searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example", "lan"],
    options: ["ndots:5"],
  });
});

test("pods in the node's network resolve as the node does, unless they ask for the cluster", () => {
  assert.deepEqual(dns({ hostNetwork: true }).servers, ["1.1.1.1"]);
  assert.deepEqual(dns({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }).servers, ["10.0.0.10"]);
});

test("a pod's own settings are added to its policy's", () => {
  const own = {
    nameservers: ["8.8.8.8"],
    searches: ["mine"],
    options: [{ name: "ndots", value: "1" }, { name: "edns0" }],
  };
  assert.deepEqual(dns({ dnsPolicy: "None", dnsConfig: own }), {
    servers: ["8.8.8.8"],
    searches: ["mine"],
    options: ["ndots:1", "edns0"],
  });
  assert.deepEqual(dns({ dnsPolicy: "Default", dnsConfig: own }).options, ["ndots:1", "timeout:1", "edns0"]);
});

test("no more than three servers are given", () => {
  const nameservers = ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"];
  assert.equal(dns({ dnsPolicy: "None", dnsConfig: { nameservers } }).servers.length, 3);
});
