// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { NftRuleset } from "./nft-ruleset.ts";
import { NO_RULES, type Backend, type ServiceRules } from "./service-rules.ts";

const ruleset = () =>
  new NftRuleset({
    family: "ipv4",
    table: "knarr",
    nodeAddresses: ["192.0.2.1"],
    localPodRanges: ["10.1.0.0/24"],
    podRanges: ["10.1.0.0/16"],
    serviceRanges: ["10.96.0.0/16"],
    clusterRanges: ["10.1.0.0/16", "10.96.0.0/16", "192.0.2.0/24"],
  });

const backend = (address: string): Backend => ({ address, port: 8080, isLocalPod: false });

const rules = (addresses: readonly string[], affinitySeconds?: number): ServiceRules => ({
  groups: addresses.length === 0 ? [] : [{ name: "g", backends: addresses.map(backend), affinitySeconds }],
  frontends: [
    {
      kind: "cluster",
      address: "10.96.0.1",
      protocol: "tcp",
      port: 80,
      target: addresses.length === 0 ? { type: "reject" } : { type: "group", group: "g" },
    },
  ],
  hostPorts: [],
});

const elementLines = (text: string | undefined) =>
  (text ?? "").split("\n").filter((line) => /^(add|delete) element/.test(line));

test("a new endpoint changes three elements and makes the chain of the new size once", () => {
  const nft = ruleset();
  nft.replace("a", rules(["10.1.0.1", "10.1.0.2"]));
  nft.takeAll();
  nft.replace("a", rules(["10.1.0.1", "10.1.0.2", "10.1.0.3"]));
  const text = nft.takeChanges();
  assert.match(text ?? "", /chain choose-3/);
  assert.deepEqual(elementLines(text), [
    "delete element ip knarr groups { 1 }",
    "add element ip knarr slots { 1 . 2 : 10.1.0.3 . 8080 }",
    "add element ip knarr groups { 1 : goto choose-3 }",
  ]);
  nft.replace("b", rules(["10.1.0.1", "10.1.0.2", "10.1.0.3"]));
  assert.doesNotMatch(nft.takeChanges() ?? "", /chain choose-3/);
});

test("replacing an endpoint by another is one element, exchanged in one transaction", () => {
  const nft = ruleset();
  nft.replace("a", rules(["10.1.0.1", "10.1.0.2"]));
  nft.takeAll();
  nft.replace("a", rules(["10.1.0.2", "10.1.0.3"]));
  assert.deepEqual(elementLines(nft.takeChanges()), [
    "delete element ip knarr slots { 1 . 0 }",
    "add element ip knarr slots { 1 . 0 : 10.1.0.3 . 8080 }",
  ]);
});

test("losing all endpoints refuses connections; what is gone leaves nothing", () => {
  const nft = ruleset();
  nft.replace("a", rules(["10.1.0.1"]));
  nft.takeAll();
  nft.replace("a", rules([]));
  assert.deepEqual(elementLines(nft.takeChanges()).sort(), [
    "add element ip knarr rejected-ports { 10.96.0.1 . tcp . 80 }",
    "delete element ip knarr cluster-ports { 10.96.0.1 . tcp . 80 }",
    "delete element ip knarr groups { 1 }",
    "delete element ip knarr slots { 1 . 0 }",
  ]);
  nft.replace("a", NO_RULES);
  nft.takeChanges();
  assert.deepEqual(elementLines(nft.takeAll()), []);
});

test("a backend that clients return to keeps its number as long as it is there", () => {
  const nft = ruleset();
  nft.replace("a", rules(["10.1.0.1", "10.1.0.2"], 60));
  nft.takeAll();
  nft.replace("a", rules(["10.1.0.2", "10.1.0.3"], 60));
  assert.deepEqual(elementLines(nft.takeChanges()), [
    "delete element ip knarr affinity-backends { 1 }",
    "delete element ip knarr affinity-slots { 1 . 0 }",
    "add element ip knarr affinity-slots { 1 . 0 : 3 }",
    "add element ip knarr affinity-backends { 3 : 10.1.0.3 . 8080 }",
  ]);
});

test("nothing changed is no transaction", () => {
  const nft = ruleset();
  nft.replace("a", rules(["10.1.0.1"]));
  nft.takeAll();
  nft.replace("a", rules(["10.1.0.1"]));
  assert.equal(nft.takeChanges(), undefined);
});
