// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceQuota } from "../../api/index.ts";
import { get, startServer, type Answer, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const MERGE = { "content-type": "application/merge-patch+json" };
const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

interface Counted {
  readonly hard: Readonly<Record<string, string>>;
  readonly used?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** A server with a quota that its controller has counted. */
async function withQuota({ hard, used, spec }: Counted): Promise<TestServer> {
  const server = await startServer({});
  await get(server, `${NS}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  await get(server, `${NS}/resourcequotas`, { body: { metadata: { name: "q" }, spec: { hard, ...spec } } });
  const zero = Object.fromEntries(Object.keys(hard).map((name) => [name, "0"]));
  const body = { status: { hard, used: used ?? zero } };
  await get(server, `${NS}/resourcequotas/q/status`, { method: "PATCH", headers: MERGE, body });
  return server;
}

const usedOf = async (server: TestServer) =>
  ((await get(server, `${NS}/resourcequotas/q`)).body as ResourceQuota).status!.used;

const pod = (name: string, spec: object = {}) => ({
  body: { metadata: { name }, spec: { containers: [{ name: "c", image: "i" }], ...spec } },
});

test("what nobody has counted yet refuses nothing; what is counted in part refuses all", async () => {
  await using fresh = await startServer({});
  await get(fresh, `${NS}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  await get(fresh, `${NS}/resourcequotas`, { body: { metadata: { name: "q" }, spec: { hard: { pods: "0" } } } });
  assert.equal((await get(fresh, `${NS}/pods`, pod("a"))).status, 201);
  await using server = await withQuota({ hard: { pods: "1", "count/pods": "1" }, used: { pods: "0" } });
  assert.equal(
    messageOf(await get(server, `${NS}/pods`, pod("a"))),
    'pods "a" is forbidden: status unknown for quota: q, resources: count/pods,pods',
  );
});

test("containers name what is limited, unless the pod states it as a whole", async () => {
  await using server = await withQuota({ hard: { "limits.cpu": "2", memory: "2Gi" } });
  assert.equal(
    messageOf(await get(server, `${NS}/pods`, pod("a"))),
    'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c; memory for: c',
  );
  const amounts = { cpu: "1", memory: "1Gi" };
  const whole = { resources: { requests: amounts, limits: amounts } };
  assert.equal((await get(server, `${NS}/pods`, pod("a", whole))).status, 201);
  assert.deepEqual(await usedOf(server), { "limits.cpu": "1", memory: "1Gi" });
});

test("only what is over is told", async () => {
  await using server = await withQuota({
    hard: { pods: "1", "count/pods": "5" },
    used: { pods: "1", "count/pods": "1" },
  });
  assert.equal(
    messageOf(await get(server, `${NS}/pods`, pod("a"))),
    'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  );
});

test("a pod that begins to end moves into the quota of those that do", async () => {
  await using server = await withQuota({ hard: { pods: "1" }, spec: { scopes: ["Terminating"] } });
  assert.equal((await get(server, `${NS}/pods`, pod("a"))).status, 201);
  assert.deepEqual(await usedOf(server), { pods: "0" });
  const body = { spec: { activeDeadlineSeconds: 5 } };
  assert.equal((await get(server, `${NS}/pods/a`, { method: "PATCH", headers: MERGE, body })).status, 200);
  assert.deepEqual(await usedOf(server), { pods: "1" });
});

test("a dry run is checked and not counted, an update is charged for its growth", async () => {
  await using server = await withQuota({ hard: { "services.nodeports": "1", services: "2" } });
  const service = (type: string) => ({ metadata: { name: "s" }, spec: { type, ports: [{ port: 80 }] } });
  await get(server, `${NS}/services?dryRun=All`, { body: service("NodePort") });
  assert.deepEqual(await usedOf(server), { "services.nodeports": "0", services: "0" });
  await get(server, `${NS}/services`, { body: service("ClusterIP") });
  const patch = { method: "PATCH", headers: MERGE, body: { spec: { type: "NodePort" } } };
  assert.equal((await get(server, `${NS}/services/s`, patch)).status, 200);
  assert.deepEqual(await usedOf(server), { "services.nodeports": "1", services: "1" });
});

test("claims count by their class, in whole bytes; events never count", async () => {
  const hard = { "gold.storageclass.storage.k8s.io/requests.storage": "2Gi", "count/events": "0" };
  await using server = await withQuota({ hard });
  const spec = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "gold",
    resources: { requests: { storage: "1.5" } },
  };
  const made = await get(server, `${NS}/persistentvolumeclaims`, { body: { metadata: { name: "c" }, spec } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal((await usedOf(server))!["gold.storageclass.storage.k8s.io/requests.storage"], "2");
  const event = { metadata: { name: "e" }, involvedObject: { namespace: "default" } };
  assert.equal((await get(server, `${NS}/events`, { body: event })).status, 201);
});
