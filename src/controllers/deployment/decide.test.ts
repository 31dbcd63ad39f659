// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, ReplicaSet } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { CREATED_MS, deploymentFixture, replicaSetFixture, templateFixture } from "../../../test/fixtures/objects.ts";
import { decide, type DeploymentPlan } from "./decide.ts";

const REVISION = "deployment.kubernetes.io/revision";
const OLD = templateFixture("busybox:1.36");
const NEW = templateFixture("busybox:1.37");

interface SetFixture {
  readonly replicas: number;
  readonly available?: number;
  readonly pods?: number;
  readonly revision?: number;
  readonly template?: Deployment["spec"]["template"];
  readonly desired?: number;
  readonly max?: number;
}

/** A replica set that its deployment has scaled, with as many pods as it wants unless said otherwise. */
function replicaSet(name: string, fixture: SetFixture): Cached<ReplicaSet> {
  const { replicas, available = replicas, pods = replicas, revision = 1, template = OLD } = fixture;
  const annotations = {
    [REVISION]: String(revision),
    "deployment.kubernetes.io/desired-replicas": String(fixture.desired ?? 10),
    "deployment.kubernetes.io/max-replicas": String(fixture.max ?? 13),
  };
  return replicaSetFixture(name, {
    meta: { annotations },
    spec: { replicas, template },
    status: {
      replicas: pods,
      readyReplicas: available,
      availableReplicas: available,
      terminatingReplicas: 0,
      observedGeneration: 1,
    },
  });
}

const ROLLING = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };

function deployment(spec: Partial<Deployment["spec"]> = {}, status: Deployment["status"] = {}): Cached<Deployment> {
  const annotations = { [REVISION]: "1" };
  return deploymentFixture("web", {
    meta: { annotations },
    spec: { replicas: 10, template: NEW, strategy: ROLLING, ...spec },
    status: { observedGeneration: 1, ...status },
  });
}

const plan = (d: Cached<Deployment>, ...replicaSets: Cached<ReplicaSet>[]): DeploymentPlan =>
  decide({ deployment: d, replicaSets, running: new Set(), nowMs: CREATED_MS });

/** The sizes that a plan writes, by replica set; `+` for one that it creates. */
const sizes = ({ writes }: DeploymentPlan): Record<string, number | string> =>
  Object.fromEntries(
    writes.map((write) =>
      write.type === "delete"
        ? [write.name, "deleted"]
        : [write.type === "create" ? "+" : write.replicaSet.metadata.name, write.replicaSet.spec?.replicas ?? 0],
    ),
  );

const events = ({ writes }: DeploymentPlan): string[] =>
  writes.flatMap((write) => (write.type === "delete" ? [] : write.events));

const condition = ({ status }: DeploymentPlan, type: string) => status.conditions?.find((c) => c.type === type);

test("the first replica set is made whole, with the first revision and an event", () => {
  const result = plan(deploymentFixture("web", { spec: { replicas: 3 } }));
  assert.deepEqual(sizes(result), { "+": 3 });
  assert.equal(result.revision, "1");
  assert.match(events(result)[0]!, /^Scaled up replica set web-[a-z0-9]+ from 0 to 3$/);
  const [write] = result.writes;
  assert.ok(write?.type === "create");
  assert.equal(write.replicaSet.metadata.annotations?.["deployment.kubernetes.io/max-replicas"], "4");
  assert.equal(condition(result, "Progressing")?.reason, "NewReplicaSetCreated");
});

test("a new template grows by the surge first, and no old pod goes before new ones are available", () => {
  const result = plan(deployment(), replicaSet("old", { replicas: 10 }));
  assert.equal(sizes(result)["+"], 3);
  assert.equal(sizes(result)["old"], 8);
  assert.equal(result.revision, "2");
});

test("a rolling update never drops below the desired pods less maxUnavailable", () => {
  const spec = { replicas: 10, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } };
  const first = plan(deployment(spec), replicaSet("old", { replicas: 10, max: 10 }));
  assert.deepEqual(sizes(first), { "+": 0, old: 8 });
  const starting = replicaSet("new", { replicas: 2, available: 0, revision: 2, template: NEW, max: 10 });
  assert.deepEqual(sizes(plan(deployment(spec), replicaSet("old", { replicas: 8, max: 10 }), starting)), {});
  const started = replicaSet("new", { replicas: 2, revision: 2, template: NEW, max: 10 });
  assert.deepEqual(sizes(plan(deployment(spec), replicaSet("old", { replicas: 8, max: 10 }), started)), { old: 6 });
});

test("old pods that never became available go first", () => {
  const spec = { replicas: 3, strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
  const old = replicaSet("old", { replicas: 3, available: 2, desired: 3, max: 4 });
  const next = replicaSet("new", { replicas: 1, revision: 2, template: NEW, desired: 3, max: 4 });
  assert.deepEqual(sizes(plan(deployment(spec), old, next)), { old: 2 });
});

test("both fenceposts rounded to nothing still move the rollout", () => {
  const rollingUpdate = { maxSurge: "0%", maxUnavailable: "10%" };
  const spec = { replicas: 3, strategy: { type: "RollingUpdate", rollingUpdate } };
  const result = plan(deployment(spec), replicaSet("old", { replicas: 3, desired: 3, max: 3 }));
  assert.equal(sizes(result)["old"], 2);
});

test("scaling while rolling grows each replica set in proportion, the largest by what rounding leaves", () => {
  const old = replicaSet("old", { replicas: 8 });
  const next = replicaSet("new", { replicas: 5, revision: 2, template: NEW });
  const result = plan(deployment({ replicas: 20 }), old, next);
  assert.deepEqual(sizes(result), { old: 15, new: 10 });
  const shrunk = plan(deployment({ replicas: 5 }), old, next);
  assert.deepEqual(sizes(shrunk), { old: 4, new: 3 });
});

test("scaling a settled deployment scales its one replica set", () => {
  const result = plan(deployment({ replicas: 4, template: OLD }), replicaSet("old", { replicas: 10 }));
  assert.deepEqual(sizes(result), { old: 4 });
  assert.deepEqual(events(result), ["Scaled down replica set old from 10 to 4"]);
});

test("a template that was current before becomes current again, with its history", () => {
  const first = replicaSet("first", { replicas: 0, revision: 1 });
  const second = replicaSet("second", { replicas: 10, revision: 2, template: NEW });
  const result = plan(deployment({ template: OLD }), first, second);
  const write = result.writes.find((w) => w.type === "update" && w.replicaSet.metadata.name === "first");
  assert.ok(write?.type === "update");
  assert.equal(write.replicaSet.metadata.annotations?.[REVISION], "3");
  assert.equal(write.replicaSet.metadata.annotations?.["deployment.kubernetes.io/revision-history"], "1");
  assert.equal(result.revision, "3");
});

test("a paused deployment makes no replica set and says so", () => {
  const result = plan(deployment({ paused: true }), replicaSet("old", { replicas: 10 }));
  assert.deepEqual(sizes(result), {});
  assert.deepEqual(condition(result, "Progressing")?.reason, "DeploymentPaused");
  assert.equal(condition(result, "Progressing")?.status, "Unknown");
});

test("recreate ends the old pods, waits for the last of them, and then starts the new ones at once", () => {
  const recreating = deployment({ replicas: 3, strategy: { type: "Recreate" } });
  const running = replicaSet("old", { replicas: 3, desired: 3, max: 3 });
  assert.deepEqual(sizes(plan(recreating, running)), { old: 0 });
  const ending = replicaSet("old", { replicas: 0, pods: 0, desired: 3, max: 3 });
  const state = { deployment: recreating, replicaSets: [ending], nowMs: CREATED_MS };
  assert.deepEqual(sizes(decide({ ...state, running: new Set(["uid-of-old"]) })), {});
  assert.deepEqual(sizes(decide({ ...state, running: new Set<string>() })), { "+": 3 });
});

test("a rollout that is over keeps as many idle old revisions as the limit says", () => {
  const status = { replicas: 10, updatedReplicas: 10, availableReplicas: 10, readyReplicas: 10 };
  const done = deployment({ revisionHistoryLimit: 1 }, status);
  const old = [1, 2, 3].map((revision) =>
    replicaSet(`old-${revision}`, { replicas: 0, revision, template: templateFixture(`x:${revision}`) }),
  );
  const current = replicaSet("new", { replicas: 10, revision: 4, template: NEW });
  assert.deepEqual(sizes(plan(done, ...old, current)), { "old-1": "deleted", "old-2": "deleted" });
});

test("a rollout is complete when all pods are new and available", () => {
  const conditions = [{ type: "Progressing", status: "True", reason: "ReplicaSetUpdated" }];
  const result = plan(deployment({}, { conditions }), replicaSet("new", { replicas: 10, template: NEW }));
  assert.equal(condition(result, "Progressing")?.reason, "NewReplicaSetAvailable");
  assert.equal(condition(result, "Progressing")?.message, 'ReplicaSet "new" has successfully progressed.');
  assert.equal(condition(result, "Available")?.status, "True");
  assert.equal(result.status.unavailableReplicas, undefined);
});

test("a rollout that stands still for its deadline is reported late, once", () => {
  const lastUpdateTime = "2026-01-01T00:00:00Z";
  const conditions = [{ type: "Progressing", status: "True", reason: "ReplicaSetUpdated", lastUpdateTime }];
  const status = { conditions, replicas: 10, updatedReplicas: 10, readyReplicas: 4, availableReplicas: 4 };
  const stuck = deployment({}, status);
  const current = replicaSet("new", { replicas: 10, available: 4, template: NEW });
  const waiting = decide({ deployment: stuck, replicaSets: [current], running: new Set(), nowMs: CREATED_MS });
  assert.equal(condition(waiting, "Progressing")?.status, "True");
  assert.equal(waiting.checkInMs, 601_000);
  const late = decide({ deployment: stuck, replicaSets: [current], running: new Set(), nowMs: CREATED_MS + 600_001 });
  assert.equal(condition(late, "Progressing")?.reason, "ProgressDeadlineExceeded");
  assert.equal(condition(late, "Progressing")?.message, 'ReplicaSet "new" has timed out progressing.');
  assert.equal(late.checkInMs, undefined);
});

test("what keeps a replica set from making pods is repeated in the deployment's conditions", () => {
  const failing = replicaSet("new", { replicas: 10, available: 0, pods: 0, template: NEW });
  const conditions = [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "no quota" }];
  const result = plan(deployment(), { ...failing, status: { ...failing.status, conditions } });
  assert.equal(condition(result, "ReplicaFailure")?.message, "no quota");
});

test("annotations of the deployment reach its replica set, but not those that are its own", () => {
  const annotated = deploymentFixture("web", {
    meta: { annotations: { team: "a", "kubectl.kubernetes.io/last-applied-configuration": "{}" } },
  });
  const [write] = plan(annotated).writes;
  assert.ok(write?.type === "create");
  assert.equal(write.replicaSet.metadata.annotations?.["team"], "a");
  assert.equal(write.replicaSet.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"], undefined);
});
