// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelSelector, labelSelectorOf } from "../../apimachinery/index.ts";
import {
  filterAnswers,
  scoreAnswers,
  testNode,
  testPod,
  testPodInfo,
  testTable,
} from "../../../test/fixtures/scheduler.ts";
import { CycleState } from "../framework.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";
const SKEWED = "node(s) didn't match pod topology spread constraints";
const NO_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)";
const WEB = { app: "web" };
const alone = podTopologySpread(() => LabelSelector.everything);
const zoned = (name: string, zone?: string, more: object = {}) =>
  testNode(name, { ...(zone ? { labels: { [ZONE]: zone } } : {}), ...more });
const web = (name: string, node: string, more: object = {}) => testPod(name, { node, labels: WEB, ...more });

const constraint = (more: object = {}) => ({
  maxSkew: 1,
  topologyKey: ZONE,
  whenUnsatisfiable: "DoNotSchedule",
  labelSelector: { matchLabels: WEB },
  ...more,
});
const spread = (...topologySpreadConstraints: readonly object[]) =>
  testPodInfo("x", { labels: WEB, spec: { topologySpreadConstraints } });

test("a zone may not get further ahead of the emptiest than maxSkew", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("loose")],
    [web("1", "a1"), web("2", "a2"), web("3", "b1")],
  );
  assert.deepEqual(filterAnswers(alone, spread(constraint()), table), {
    a1: SKEWED,
    a2: SKEWED,
    b1: "",
    loose: NO_LABEL,
  });
  assert.deepEqual(filterAnswers(alone, spread(constraint({ maxSkew: 2 })), table), {
    a1: "",
    a2: "",
    b1: "",
    loose: NO_LABEL,
  });
});

test("pods on their way out, of other namespaces and of other labels do not count", () => {
  const table = testTable(
    [zoned("a", "a"), zoned("b", "b")],
    [
      web("1", "a", { deleting: true }),
      web("2", "a", { namespace: "other" }),
      testPod("3", { node: "a", labels: { app: "db" } }),
    ],
  );
  assert.deepEqual(filterAnswers(alone, spread(constraint()), table), { a: "", b: "" });
});

test("a pod that its own constraint does not select adds nothing to the skew", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b")], [web("1", "a")]);
  const other = testPodInfo("x", { labels: { app: "db" }, spec: { topologySpreadConstraints: [constraint()] } });
  assert.deepEqual(filterAnswers(alone, other, table), { a: "", b: "" });
  assert.deepEqual(filterAnswers(alone, spread(constraint()), table), { a: SKEWED, b: "" });
});

test("with fewer zones than minDomains the emptiest counts as having none", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b")], [web("1", "a"), web("2", "b")]);
  assert.deepEqual(filterAnswers(alone, spread(constraint({ minDomains: 3 })), table), { a: SKEWED, b: SKEWED });
  assert.deepEqual(filterAnswers(alone, spread(constraint({ minDomains: 2 })), table), { a: "", b: "" });
});

test("every constraint must hold", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("b2", "b")],
    [web("1", "a1"), web("2", "b1")],
  );
  const both = spread(constraint(), constraint({ topologyKey: HOST }));
  assert.deepEqual(filterAnswers(alone, both, table), { a1: SKEWED, a2: "", b1: SKEWED, b2: "" });
});

test("nodes that the pod cannot use take no part, as the constraint's policies say", () => {
  const taints = [{ key: "k", effect: "NoSchedule" }];
  const table = testTable([zoned("a", "a"), zoned("b", "b", { taints })], [web("1", "a")]);
  const selecting = (more: object = {}) =>
    testPodInfo("x", {
      labels: WEB,
      spec: { nodeSelector: { [ZONE]: "a" }, topologySpreadConstraints: [constraint(more)] },
    });
  assert.equal(filterAnswers(alone, selecting(), table)["a"], "", "zone b is not for this pod");
  assert.equal(filterAnswers(alone, selecting({ nodeAffinityPolicy: "Ignore" }), table)["a"], SKEWED);
  assert.equal(filterAnswers(alone, spread(constraint()), table)["a"], SKEWED, "taints are ignored unless said");
  assert.equal(filterAnswers(alone, spread(constraint({ nodeTaintsPolicy: "Honor" })), table)["a"], "");
});

test("matchLabelKeys spreads each version of its own", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b")], [web("1", "a", { labels: { ...WEB, version: "1" } })]);
  const versioned = (version: string) =>
    testPodInfo("x", {
      labels: { ...WEB, version },
      spec: { topologySpreadConstraints: [constraint({ matchLabelKeys: ["version"] })] },
    });
  assert.equal(filterAnswers(alone, versioned("1"), table)["a"], SKEWED);
  assert.equal(filterAnswers(alone, versioned("2"), table)["a"], "");
});

test("preemption sees what a pod's leaving changes, on nodes that take part", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b"), zoned("loose")], [web("1", "a"), web("2", "loose")]);
  const pod = spread(constraint());
  const state = new CycleState();
  alone.preFilter!(state, pod, table);
  const answer = () => alone.filter!(state, pod, table.slot("a")!, table)?.reasons[0];
  assert.equal(answer(), SKEWED);
  alone.shift!(state, pod, testPodInfo("2", { labels: WEB }), table.slot("loose")!, -1, table);
  assert.equal(answer(), SKEWED, "the node lacks the key");
  alone.shift!(state, pod, testPodInfo("1", { labels: WEB }), table.slot("a")!, -1, table);
  assert.equal(answer(), undefined);
  alone.shift!(state, pod, testPodInfo("1", { labels: WEB }), table.slot("a")!, 1, table);
  assert.equal(answer(), SKEWED);
});

const soft = (more: object = {}) => constraint({ whenUnsatisfiable: "ScheduleAnyway", ...more });

test("preferred constraints score by matching pods, weighed by the number of values", () => {
  const table = testTable(
    [zoned("a1", "a"), zoned("a2", "a"), zoned("b1", "b"), zoned("loose")],
    [web("1", "a1"), web("2", "a1"), web("3", "a2"), web("4", "b1")],
  );
  // Zones: weight ln(2+2); a has 3: 4.16 → 4, b has 1: 1.39 → 1; turned around 100*(4+1-s)/4.
  assert.deepEqual(scoreAnswers(alone, spread(soft()), table), { a1: 25, a2: 25, b1: 100, loose: 0 });
  // Hosts: weight ln(4+2) = 1.79: 2 → 4, 1 → 2, 1 → 2, 0 → 0.
  assert.deepEqual(scoreAnswers(alone, spread(soft({ topologyKey: HOST })), table), {
    a1: 0,
    a2: 50,
    b1: 50,
    loose: 100,
  });
});

test("maxSkew waters the difference down", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b")], [web("1", "a")]);
  // ln 4 = 1.39: 1.39 + 4 = 5.39 → 5 against 4: 100*(5+4-5)/5 = 80.
  assert.deepEqual(scoreAnswers(alone, spread(soft({ maxSkew: 5 })), table), { a: 80, b: 100 });
});

test("without matching pods all nodes are as good as each other", () => {
  const table = testTable([zoned("a", "a"), zoned("b", "b")]);
  assert.deepEqual(scoreAnswers(alone, spread(soft()), table), { a: 100, b: 100 });
});

test("pods that belong together are spread over hosts and zones without asking for it", () => {
  const together = podTopologySpread(() => labelSelectorOf({ matchLabels: WEB }));
  const table = testTable([zoned("a", "a"), zoned("b", "b"), zoned("loose")], [web("1", "a")]);
  const scores = scoreAnswers(together, testPodInfo("x", { labels: WEB }), table);
  // Hosts: ln 5 and skew 3; zones, one of them missing: ln 5 and skew 5. a: 1.61+2+1.61+4 = 9.2; b: 2+4; loose: 2.
  assert.deepEqual(scores, { a: 22, b: 55, loose: 100 });
  assert.deepEqual(scoreAnswers(alone, testPodInfo("x", { labels: WEB }), table), {}, "a pod alone is not spread");
});
