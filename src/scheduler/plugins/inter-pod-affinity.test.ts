// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  filterAnswers,
  scoreAnswers,
  testNode,
  testPod,
  testPodInfo,
  testTable,
} from "../../../test/fixtures/scheduler.ts";
import { CycleState } from "../framework.ts";
import { interPodAffinity } from "./inter-pod-affinity.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";
const NEAR = "node(s) didn't match pod affinity rules";
const FAR = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";
const NAMESPACES: Readonly<Record<string, Record<string, string>>> = { default: {}, team: { team: "a" }, other: {} };
const plugin = interPodAffinity((name) => NAMESPACES[name] ?? {});

const term = (app: string, topologyKey: string, more: object = {}) => ({
  labelSelector: { matchLabels: { app } },
  topologyKey,
  ...more,
});
const near = (...terms: readonly object[]) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const far = (...terms: readonly object[]) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const zoned = (name: string, zone?: string) => testNode(name, zone ? { labels: { [ZONE]: zone } } : {});

test("required affinity keeps a pod to topology values where all its terms have a match", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("loose")],
    [testPod("web", { node: "a1", labels: { app: "web" } }), testPod("db", { node: "b1", labels: { app: "db" } })],
  );
  const pod = testPodInfo("x", { spec: near(term("web", ZONE)) });
  assert.deepEqual(filterAnswers(plugin, pod, table), { a1: "", a2: "", b1: NEAR, loose: NEAR });
  const both = testPodInfo("x", { spec: near(term("web", ZONE), term("db", ZONE)) });
  assert.deepEqual(filterAnswers(plugin, both, table), { a1: NEAR, a2: NEAR, b1: NEAR, loose: NEAR });
});

test("the first of a group that wants to be together may go anywhere that has the key", () => {
  const table = testTable([zoned("a1", "a"), zoned("loose")]);
  const first = testPodInfo("x", { labels: { app: "web" }, spec: near(term("web", ZONE)) });
  assert.deepEqual(filterAnswers(plugin, first, table), { a1: "", loose: NEAR });
  const stranger = testPodInfo("x", { labels: { app: "db" }, spec: near(term("web", ZONE)) });
  assert.deepEqual(filterAnswers(plugin, stranger, table), { a1: NEAR, loose: NEAR });
});

test("required anti-affinity keeps a pod out of topology values with a match", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("loose")],
    [testPod("web", { node: "a1", labels: { app: "web" } })],
  );
  assert.deepEqual(filterAnswers(plugin, testPodInfo("x", { spec: far(term("web", ZONE)) }), table), {
    a1: FAR,
    a2: FAR,
    b1: "",
    loose: "",
  });
  assert.deepEqual(filterAnswers(plugin, testPodInfo("x", { spec: far(term("web", HOST)) }), table), {
    a1: FAR,
    a2: "",
    b1: "",
    loose: "",
  });
});

test("pods that are there keep away those whom they do not want", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b")],
    [testPod("shy", { node: "a1", spec: far(term("web", ZONE)) })],
  );
  const web = testPodInfo("x", { labels: { app: "web" } });
  assert.deepEqual(filterAnswers(plugin, web, table), { a1: EXISTING, a2: EXISTING, b1: "" });
  assert.deepEqual(filterAnswers(plugin, testPodInfo("x", { labels: { app: "db" } }), table), {
    a1: "",
    a2: "",
    b1: "",
  });
});

test("a term means its pod's namespace, unless it names or selects others", () => {
  const table = testTable(
    [testNode("d"), testNode("t"), testNode("o")],
    [
      testPod("d", { node: "d", labels: { app: "web" } }),
      testPod("t", { node: "t", namespace: "team", labels: { app: "web" } }),
      testPod("o", { node: "o", namespace: "other", labels: { app: "web" } }),
    ],
  );
  const refused = (more: object) =>
    Object.entries(filterAnswers(plugin, testPodInfo("x", { spec: far(term("web", HOST, more)) }), table))
      .filter(([, answer]) => answer === FAR)
      .map(([name]) => name);
  assert.deepEqual(refused({}), ["d"]);
  assert.deepEqual(refused({ namespaces: ["team", "other"] }), ["t", "o"]);
  assert.deepEqual(refused({ namespaceSelector: { matchLabels: { team: "a" } } }), ["t"]);
  assert.deepEqual(refused({ namespaceSelector: {} }), ["d", "t", "o"]);
  assert.deepEqual(refused({ namespaces: ["other"], namespaceSelector: { matchLabels: { team: "a" } } }), ["t", "o"]);
});

test("an absent selector matches no pod, an empty one all", () => {
  const table = testTable([testNode("n")], [testPod("there", { node: "n", labels: { app: "web" } })]);
  const answer = (labelSelector: object | undefined) =>
    filterAnswers(plugin, testPodInfo("x", { spec: far({ labelSelector, topologyKey: HOST }) }), table)["n"];
  assert.equal(answer(undefined), "");
  assert.equal(answer({}), FAR);
});

test("matchLabelKeys and mismatchLabelKeys take the pod's own values", () => {
  const table = testTable(
    [testNode("same"), testNode("other")],
    [
      testPod("s", { node: "same", labels: { app: "web", version: "1" } }),
      testPod("o", { node: "other", labels: { app: "web", version: "2" } }),
    ],
  );
  const answers = (more: object) =>
    filterAnswers(plugin, testPodInfo("x", { labels: { version: "1" }, spec: far(term("web", HOST, more)) }), table);
  assert.deepEqual(answers({ matchLabelKeys: ["version"] }), { same: FAR, other: "" });
  assert.deepEqual(answers({ mismatchLabelKeys: ["version"] }), { same: "", other: FAR });
});

test("preemption sees what a pod's leaving changes", () => {
  const table = testTable([testNode("n")], [testPod("web", { node: "n", labels: { app: "web" } })]);
  const pod = testPodInfo("x", { spec: far(term("web", HOST)) });
  const state = new CycleState();
  plugin.preFilter!(state, pod, table);
  const answer = () => plugin.filter!(state, pod, 0, table)?.reasons[0];
  assert.equal(answer(), FAR);
  plugin.shift!(state, pod, table.pods[0]![0]!, 0, -1, table);
  assert.equal(answer(), undefined);
  plugin.shift!(state, pod, table.pods[0]![0]!, 0, 1, table);
  assert.equal(answer(), FAR);
});

const preferring = (kind: "podAffinity" | "podAntiAffinity", weight: number, podAffinityTerm: object) => ({
  [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] },
});

test("preferences of the pod and of those that are there add up by topology value", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("c1", "c")],
    [
      testPod("w1", { node: "a1", labels: { app: "web" } }),
      testPod("w2", { node: "a2", labels: { app: "web" } }),
      testPod("d1", { node: "b1", labels: { app: "db" } }),
      testPod("friend", { node: "c1", spec: { affinity: preferring("podAffinity", 7, term("new", ZONE)) } }),
      testPod("needs", { node: "b1", spec: near(term("new", ZONE)) }),
    ],
  );
  const pod = testPodInfo("x", {
    labels: { app: "new" },
    spec: {
      affinity: {
        ...preferring("podAffinity", 10, term("web", ZONE)),
        ...preferring("podAntiAffinity", 4, term("db", ZONE)),
      },
    },
  });
  // a: 2*10; b: -4 and 1 for the required term of a pod there; c: 7. Scaled from -3..20 to 0..100.
  assert.deepEqual(scoreAnswers(plugin, pod, table), { a1: 100, a2: 100, b1: 0, c1: 43 });
});

test("scores round as upstream's floating point does", () => {
  const table = testTable(
    ["a", "b", "c"].map((zone) => zoned(zone, zone)),
    [
      testPod("p0", { node: "b", spec: { affinity: preferring("podAffinity", 29, term("new", ZONE)) } }),
      testPod("p1", { node: "c", spec: { affinity: preferring("podAffinity", 50, term("new", ZONE)) } }),
    ],
  );
  const pod = testPodInfo("x", { labels: { app: "new" } });
  // 29/50 is a little less than 0.58 in floating point: 57, not 58.
  assert.equal(Math.trunc(100 * (29 / 50)), 57);
  assert.deepEqual(scoreAnswers(plugin, pod, table), { a: 0, b: 57, c: 100 });
});

test("where nobody prefers anything, nothing is scored", () => {
  const table = testTable([testNode("n")], [testPod("there", { node: "n" })]);
  assert.deepEqual(scoreAnswers(plugin, testPodInfo("x"), table), {});
});
