// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  filterAnswers,
  type PodFields,
  scoreAnswers,
  testNode,
  testPod,
  testPodInfo,
  testTable,
} from "../../../test/fixtures/scheduler.ts";
import type { Cached } from "../../client/index.ts";
import type { PersistentVolumeClaim } from "../../api/index.ts";
import { CycleState, defaultNormalize, type Plugin } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import { dynamicResources } from "./dynamic-resources.ts";
import { imageLocality } from "./image-locality.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";
import { volumeBinding } from "./volume-binding.ts";

const podWith = (spec: object, fields: PodFields = {}): PodInfo => testPodInfo("a", { ...fields, spec });
const containers = (ports: readonly object[]) => [{ name: "c", image: "app:1", ports }];

test("a cordoned node takes only pods that tolerate the cordon", () => {
  const table = testTable([testNode("open"), testNode("cordoned", { unschedulable: true })]);
  assert.deepEqual(filterAnswers(nodeUnschedulable(), testPodInfo("a"), table), {
    open: "",
    cordoned: "node(s) were unschedulable",
  });
  const tolerant = podWith({ tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] });
  assert.deepEqual(filterAnswers(nodeUnschedulable(), tolerant, table), { open: "", cordoned: "" });
});

test("a pod that names its node goes nowhere else", () => {
  const table = testTable([testNode("n1"), testNode("n2")]);
  assert.deepEqual(filterAnswers(nodeName(), testPodInfo("a", { node: "n2" }), table), {
    n1: "node(s) didn't match the requested node name",
    n2: "",
  });
});

test("a host port is free on an address unless that address or all addresses have it", () => {
  const taken = (hostIP: string) => containers([{ containerPort: 80, hostPort: 8080, protocol: "TCP", hostIP }]);
  const table = testTable(
    [testNode("all"), testNode("one"), testNode("free")],
    [
      testPod("x", { node: "all", spec: { containers: taken("") } }),
      testPod("y", { node: "one", spec: { containers: taken("10.0.0.1") } }),
    ],
  );
  const refused = "node(s) didn't have free ports for the requested pod ports";
  const answers = (hostIP: string, protocol = "TCP") =>
    filterAnswers(nodePorts(), podWith({ containers: containers([{ hostPort: 8080, protocol, hostIP }]) }), table);
  assert.deepEqual(answers("10.0.0.2"), { all: refused, one: "", free: "" });
  assert.deepEqual(answers("10.0.0.1"), { all: refused, one: refused, free: "" });
  assert.deepEqual(answers(""), { all: refused, one: refused, free: "" });
  assert.deepEqual(answers("", "UDP"), { all: "", one: "", free: "" });
  assert.deepEqual(filterAnswers(nodePorts(), podWith({ containers: containers([{ containerPort: 8080 }]) }), table), {
    all: "",
    one: "",
    free: "",
  });
});

const requiring = (...nodeSelectorTerms: readonly object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const byName = (...values: readonly string[]) => ({ key: "metadata.name", operator: "In", values });

test("node selector and required affinity both hold; terms are alternatives", () => {
  const table = testTable([
    testNode("ssd", { labels: { disk: "ssd" } }),
    testNode("gpu", { labels: { disk: "ssd", gpu: "4" } }),
    testNode("hdd", { labels: { disk: "hdd" } }),
  ]);
  const refused = "node(s) didn't match Pod's node affinity/selector";
  assert.deepEqual(filterAnswers(nodeAffinity(), podWith({ nodeSelector: { disk: "ssd" } }), table), {
    ssd: "",
    gpu: "",
    hdd: refused,
  });
  const either = requiring(
    { matchExpressions: [{ key: "gpu", operator: "Gt", values: ["2"] }] },
    { matchExpressions: [{ key: "disk", operator: "NotIn", values: ["ssd"] }] },
  );
  assert.deepEqual(filterAnswers(nodeAffinity(), podWith(either), table), { ssd: refused, gpu: "", hdd: "" });
  assert.deepEqual(filterAnswers(nodeAffinity(), podWith({ ...either, nodeSelector: { disk: "ssd" } }), table), {
    ssd: refused,
    gpu: "",
    hdd: refused,
  });
});

test("affinity to named nodes narrows the search before any node is asked", () => {
  const table = testTable([testNode("n1")]);
  const pre = (...terms: readonly object[]) =>
    nodeAffinity().preFilter!(new CycleState(), podWith(requiring(...terms)), table);
  assert.deepEqual(pre({ matchFields: [byName("n1", "n2")] }, { matchFields: [byName("n3")] }), {
    type: "nodes",
    names: new Set(["n1", "n2", "n3"]),
  });
  assert.equal(
    pre({ matchFields: [byName("n1")] }, { matchExpressions: [{ key: "disk", operator: "Exists" }] }),
    undefined,
    "one term leaves the name open",
  );
  assert.deepEqual(pre({ matchFields: [byName("n1"), byName("n2")] }), {
    type: "refused",
    status: { code: "UnschedulableAndUnresolvable", reasons: ["pod affinity terms conflict"] },
  });
  assert.equal(nodeAffinity().preFilter!(new CycleState(), testPodInfo("a"), table), "skip");
});

test("preferred affinity: the weights of the terms that match, scaled to the best", () => {
  const table = testTable([
    testNode("both", { labels: { a: "1", b: "1" } }),
    testNode("one", { labels: { b: "1" } }),
    testNode("none"),
  ]);
  const preferring = (weight: number, key: string) => ({
    weight,
    preference: { matchExpressions: [{ key, operator: "Exists" }] },
  });
  const pod = podWith({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [preferring(20, "a"), preferring(10, "b")],
      },
    },
  });
  assert.deepEqual(scoreAnswers(nodeAffinity(), pod, table), { both: 100, one: 33, none: 0 });
  assert.deepEqual(scoreAnswers(nodeAffinity(), testPodInfo("x"), table), {});
});

test("a taint that must be tolerated refuses; one that should be costs", () => {
  const taint = (effect: string, value = "v") => ({ key: "k", value, effect });
  const table = testTable([
    testNode("clean"),
    testNode("noSchedule", { taints: [taint("NoSchedule")] }),
    testNode("noExecute", { taints: [taint("NoExecute")] }),
    testNode("prefer", { taints: [taint("PreferNoSchedule"), { key: "other", effect: "PreferNoSchedule" }] }),
  ]);
  const refused = "node(s) had untolerated taint(s)";
  assert.deepEqual(filterAnswers(taintToleration(), testPodInfo("a"), table), {
    clean: "",
    noSchedule: refused,
    noExecute: refused,
    prefer: "",
  });
  const tolerating = podWith({ tolerations: [{ key: "k", operator: "Equal", value: "v", effect: "NoSchedule" }] });
  assert.equal(filterAnswers(taintToleration(), tolerating, table)["noSchedule"], "");
  assert.equal(filterAnswers(taintToleration(), tolerating, table)["noExecute"], refused);
  assert.deepEqual(scoreAnswers(taintToleration(), tolerating, table), {
    clean: 100,
    noSchedule: 100,
    noExecute: 100,
    prefer: 0,
  });
  const half = podWith({ tolerations: [{ key: "k", operator: "Exists" }] });
  assert.deepEqual(scoreAnswers(taintToleration(), half, table)["prefer"], 0, "the other taint is not tolerated");
  const all = podWith({ tolerations: [{ operator: "Exists" }] });
  assert.deepEqual(scoreAnswers(taintToleration(), all, table)["prefer"], 100);
});

test("images count by size and by how widely they are spread", () => {
  const MB = 2 ** 20;
  const image = (name: string, megabytes: number) => ({ names: [name], sizeBytes: megabytes * MB });
  const table = testTable([
    testNode("big", { images: [image("app:latest", 1_000), image("init:1", 46)] }),
    testNode("init", { images: [image("init:1", 46)] }),
    testNode("none"),
    testNode("other", { images: [image("other:1", 900)] }),
  ]);
  const one = podWith({ containers: [{ name: "c", image: "app" }] });
  // 1000 MB on one of four nodes counts 250: (250-23)/(1000-23).
  assert.deepEqual(scoreAnswers(imageLocality(), one, table), { big: 23, init: 0, none: 0, other: 0 });
  const withInit = podWith({
    containers: [{ name: "c", image: "app" }],
    initContainers: [{ name: "i", image: "init:1" }],
  });
  // Two containers: the most that counts doubles. 250 + 46 * 2/4 = 273; 23 alone is the least that counts.
  assert.deepEqual(scoreAnswers(imageLocality(), withInit, table), { big: 12, init: 0, none: 0, other: 0 });
});

test("normalizing scales to the highest score, or turns it around", () => {
  const normalized = (scores: readonly number[], reverse: boolean) => {
    const copy = Float64Array.from(scores);
    defaultNormalize(copy, copy.length, reverse);
    return [...copy];
  };
  assert.deepEqual(normalized([1, 3, 7], false), [14, 42, 100]);
  assert.deepEqual(normalized([1, 3, 7], true), [86, 58, 0]);
  assert.deepEqual(normalized([0, 0], true), [100, 100]);
  assert.deepEqual(normalized([0, 0], false), [0, 0]);
});

test("a pod with scheduling gates waits, and says for which", () => {
  const gates = schedulingGates();
  const pod = podWith({ schedulingGates: [{ name: "example.com/a" }, { name: "example.com/b" }] });
  assert.deepEqual(gates.preEnqueue!(pod)?.reasons, ["waiting for scheduling gates: [example.com/a example.com/b]"]);
  assert.equal(gates.preEnqueue!(testPodInfo("a")), undefined);
});

const refusalOf = (plugin: Plugin, pod: PodInfo): string | undefined => {
  const result = plugin.preFilter?.(new CycleState(), pod, testTable([testNode("n")]));
  return typeof result === "object" && result.type === "refused" ? result.status.reasons.join() : undefined;
};

test("a pod waits for its claims: missing, ending, lost or unbound", () => {
  const claim = (spec: object, status: object = {}, metadata: object = {}) =>
    ({ metadata, spec, status }) as unknown as Cached<PersistentVolumeClaim>;
  const claims: Record<string, Cached<PersistentVolumeClaim>> = {
    bound: claim({ volumeName: "pv" }),
    unbound: claim({}),
    ending: claim({ volumeName: "pv" }, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    lost: claim({ volumeName: "pv" }, { phase: "Lost" }),
    "a-scratch": claim({}),
  };
  const plugin = volumeBinding({ get: (_namespace, name) => claims[name] });
  const using = (claimName: string) => podWith({ volumes: [{ name: "v", persistentVolumeClaim: { claimName } }] });
  assert.equal(refusalOf(plugin, using("none")), 'persistentvolumeclaim "none" not found');
  assert.equal(refusalOf(plugin, using("unbound")), "pod has unbound immediate PersistentVolumeClaims");
  assert.equal(refusalOf(plugin, using("ending")), 'persistentvolumeclaim "ending" is being deleted');
  assert.equal(
    refusalOf(plugin, using("lost")),
    'persistentvolumeclaim "lost" bound to non-existent persistentvolume "pv"',
  );
  assert.equal(refusalOf(plugin, using("bound")), undefined);
  const ephemeral = podWith({ volumes: [{ name: "scratch", ephemeral: {} }] });
  assert.equal(refusalOf(plugin, ephemeral), "pod has unbound immediate PersistentVolumeClaims");
});

test("a pod waits for resource claims that are not there", () => {
  const plugin = dynamicResources();
  const pod = podWith({ resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "t" }] });
  assert.deepEqual(plugin.preEnqueue!(pod)?.reasons, ["waiting for resource claim of gpu to be created"]);
  const named = podWith({ resourceClaims: [{ name: "gpu", resourceClaimName: "mine" }] });
  assert.equal(refusalOf(plugin, named), 'resourceclaim "mine" not found');
});
