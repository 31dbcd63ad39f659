// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectMeta, OwnerReference } from "../../apimachinery/index.ts";
import { decide } from "./decide.ts";
import { OwnerGraph } from "./graph.ts";

const KIND = { apiVersion: "v1", kind: "ConfigMap" };

interface Recorded {
  readonly graph: OwnerGraph;
  /** What was queued since the last call. */
  taken(): string[];
}

function recorded(): Recorded {
  let queued: string[] = [];
  const graph = new OwnerGraph({
    attemptToDelete: ({ identity }) => queued.push(`delete ${identity.uid}`),
    attemptToOrphan: ({ identity }) => queued.push(`orphan ${identity.uid}`),
    ownerIsAbsent: ({ uid }) => queued.push(`absent ${uid}`),
  });
  return {
    graph,
    taken() {
      const out = queued;
      queued = [];
      return out.sort();
    },
  };
}

const owner = (uid: string, blockOwnerDeletion = true): OwnerReference => ({
  ...KIND,
  name: uid,
  uid,
  blockOwnerDeletion,
});

const meta = (uid: string, more: ObjectMeta = {}): ObjectMeta => ({ namespace: "ns", name: uid, uid, ...more });

test("when an owner goes, its dependents are looked at", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("a"));
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a")] }));
  graph.observe(KIND, meta("c", { ownerReferences: [owner("a")] }));
  assert.deepEqual(taken(), []);
  graph.remove("a");
  assert.deepEqual(taken(), ["absent a", "delete b", "delete c"]);
});

test("an owner that was never seen is looked for, and its dependents when it is not there", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a")] }));
  assert.deepEqual(taken(), ["delete a"]);
  graph.removeVirtual(graph.get("a")!);
  assert.deepEqual(taken(), ["absent a", "delete b"]);
  assert.equal(graph.get("a"), undefined);
});

test("an owner that is seen after its dependents takes its place, whatever order they come in", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a")] }));
  graph.observe(KIND, meta("a"));
  taken();
  graph.remove("a");
  assert.deepEqual(taken(), ["absent a", "delete b"]);
});

test("foreground deletion looks at the owner and its dependents, and again when the last blocking one goes", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("a"));
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a")] }));
  graph.observe(KIND, meta("c", { ownerReferences: [owner("a", false)] }));
  graph.observe(KIND, meta("a", { deletionTimestamp: "now", finalizers: ["foregroundDeletion"] }));
  assert.deepEqual(taken(), ["delete a", "delete b", "delete c"]);
  assert.deepEqual(
    graph.get("a")!.blockingDependents.map(({ identity }) => identity.uid),
    ["b"],
  );
  graph.remove("b");
  assert.deepEqual(taken(), ["delete a"]);
  assert.deepEqual(graph.get("a")!.blockingDependents, []);
});

test("a dependent that stops blocking lets the owner go on", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("a", { deletionTimestamp: "now", finalizers: ["foregroundDeletion"] }));
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a")] }));
  taken();
  graph.observe(KIND, meta("b", { ownerReferences: [owner("a", false)] }));
  assert.deepEqual(taken(), ["delete a"]);
});

test("orphaning is asked for once, when the deletion begins", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("a"));
  const deleted = meta("a", { deletionTimestamp: "now", finalizers: ["orphan"] });
  graph.observe(KIND, deleted);
  graph.observe(KIND, deleted);
  assert.deepEqual(taken(), ["orphan a"]);
});

test("a dependent in another namespace than its owner's is looked at", () => {
  const { graph, taken } = recorded();
  graph.observe(KIND, meta("a"));
  graph.observe(KIND, { ...meta("b", { ownerReferences: [owner("a")] }), namespace: "other" });
  assert.deepEqual(taken(), ["delete b"]);
});

const found = (uid: string, state: "solid" | "absent" | "waitingForDependents") => ({ reference: owner(uid), state });
const ALONE = { count: 0, someWait: false };

test("an object with an owner that stays is kept, without its references to those that do not", () => {
  assert.deepEqual(decide(meta("x"), [], ALONE), { type: "keep" });
  assert.deepEqual(decide(meta("x"), [found("a", "solid")], ALONE), { type: "keep" });
  assert.deepEqual(decide(meta("x"), [found("a", "solid"), found("b", "absent")], ALONE), {
    type: "dropReferences",
    uids: ["b"],
  });
});

test("an object without owners goes in the way that was asked for before", () => {
  const gone = [found("a", "absent")];
  const propagation = (finalizers?: string[]) => {
    const decision = decide(meta("x", { finalizers }), gone, ALONE);
    return decision.type === "delete" ? decision.propagation : decision.type;
  };
  assert.equal(propagation(), "Background");
  assert.equal(propagation(["orphan"]), "Orphan");
  assert.equal(propagation(["foregroundDeletion"]), "Foreground");
});

test("below an owner that waits, dependents are deleted in the foreground too, and circles are broken", () => {
  const waiting = [found("a", "waitingForDependents")];
  assert.deepEqual(decide(meta("x"), waiting, { count: 2, someWait: true }), {
    type: "delete",
    propagation: "Foreground",
    unblockOwners: true,
  });
  assert.deepEqual(decide(meta("x"), waiting, ALONE), {
    type: "delete",
    propagation: "Background",
    unblockOwners: false,
  });
});
