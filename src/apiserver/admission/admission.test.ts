// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/index.ts";
import type { KubeObject } from "../../apimachinery/index.ts";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const NODE: Ask = { user: ["system:node:n1", "system:nodes"] };

async function create(server: TestServer, path: string, body: object): Promise<KubeObject> {
  const answer = await get(server, path, { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as KubeObject;
}

const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

async function start(): Promise<TestServer> {
  const server = await startServer({});
  await create(server, `${NS}/serviceaccounts`, {
    metadata: { name: "default" },
    imagePullSecrets: [{ name: "registry" }],
  });
  return server;
}

const pod = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: "a", ...metadata },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});

test("a pod gets its account's token, pull secrets, priority and tolerations", async () => {
  await using server = await start();
  const { spec } = (await create(server, `${NS}/pods`, pod())) as Pod;
  const volume = spec.volumes![0]!;
  assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/);
  assert.deepEqual(volume.projected!.sources![0], { serviceAccountToken: { expirationSeconds: 3607, path: "token" } });
  assert.deepEqual(spec.containers[0]!.volumeMounts, [
    { name: volume.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
  ]);
  assert.deepEqual(spec.imagePullSecrets, [{ name: "registry" }]);
  assert.equal(spec.priority, 0);
  assert.equal(spec.preemptionPolicy, "PreemptLowerPriority");
  assert.deepEqual(
    spec.tolerations!.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ],
  );
});

test("a pod that wants no token gets none", async () => {
  await using server = await start();
  const { spec } = (await create(server, `${NS}/pods`, pod({ automountServiceAccountToken: false }))) as Pod;
  assert.equal(spec.volumes, undefined);
});

test("a pod of an account that does not exist is refused, of the default account after a while", async () => {
  await using server = await startServer({});
  const other = await get(server, `${NS}/pods`, { body: pod({ serviceAccountName: "x" }) });
  assert.equal(
    messageOf(other),
    'pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
  );
  const waiting = get(server, `${NS}/pods`, { body: pod() });
  await server.clock.advance(300);
  await create(server, `${NS}/serviceaccounts`, { metadata: { name: "default" } });
  await server.clock.advance(300);
  assert.equal((await waiting).status, 201);
});

test("nothing is made in a namespace that is missing or ending", async () => {
  await using server = await start();
  const missing = await get(server, "/api/v1/namespaces/nope/configmaps", { body: { metadata: { name: "a" } } });
  assert.equal(messageOf(missing), 'namespaces "nope" not found');
  await create(server, "/api/v1/namespaces", { metadata: { name: "ending" }, spec: { finalizers: ["kubernetes"] } });
  await get(server, "/api/v1/namespaces/ending", { method: "DELETE" });
  const late = await get(server, "/api/v1/namespaces/ending/configmaps", { body: { metadata: { name: "a" } } });
  assert.equal(late.status, 403);
  assert.equal(
    messageOf(late),
    'configmaps "a" is forbidden: unable to create new content in namespace ending because it is being terminated',
  );
  const kept = await get(server, "/api/v1/namespaces/default", { method: "DELETE" });
  assert.equal(messageOf(kept), 'namespaces "default" is forbidden: this namespace may not be deleted');
});

test("a namespace is gone when it is finalized", async () => {
  await using server = await start();
  await create(server, "/api/v1/namespaces", { metadata: { name: "x" }, spec: { finalizers: ["kubernetes"] } });
  const { body } = await get(server, "/api/v1/namespaces/x", { method: "DELETE" });
  assert.deepEqual((body as KubeObject)["status"], { phase: "Terminating" });
  const finalized = await get(server, "/api/v1/namespaces/x/finalize", {
    method: "PUT",
    body: { metadata: { name: "x" }, spec: {} },
  });
  assert.equal(finalized.status, 200);
  assert.equal((await get(server, "/api/v1/namespaces/x")).status, 404);
});

test("a range of a namespace fills and bounds its pods", async () => {
  await using server = await start();
  const limits = [{ type: "Container", default: { cpu: "200m" }, defaultRequest: { cpu: "100m" }, max: { cpu: "1" } }];
  await create(server, `${NS}/limitranges`, { metadata: { name: "r" }, spec: { limits } });
  const made = (await create(server, `${NS}/pods`, pod())) as Pod;
  assert.deepEqual(made.spec.containers[0]!.resources, { limits: { cpu: "200m" }, requests: { cpu: "100m" } });
  assert.equal(
    made.metadata.annotations!["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu request for container c; cpu limit for container c",
  );
  const containers = [{ name: "c", image: "i", resources: { limits: { cpu: "2" } } }];
  const refused = await get(server, `${NS}/pods`, { body: pod({ containers }, { name: "b" }) });
  assert.equal(messageOf(refused), 'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
});

test("a kubelet changes its own node and no other", async () => {
  await using server = await start();
  const own = await get(server, "/api/v1/nodes", { ...NODE, body: { metadata: { name: "n1" } } });
  assert.equal(own.status, 201);
  const other = await get(server, "/api/v1/nodes", { ...NODE, body: { metadata: { name: "n2" } } });
  assert.equal(messageOf(other), 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
  const patch = { metadata: { labels: { "node-restriction.kubernetes.io/x": "y" } } };
  const headers = { "content-type": "application/merge-patch+json" };
  const labelled = await get(server, "/api/v1/nodes/n1", { ...NODE, method: "PATCH", headers, body: patch });
  assert.equal(
    messageOf(labelled),
    'nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x',
  );
  const foreign = await get(server, "/api/v1/nodes/n2", NODE);
  assert.equal(
    messageOf(foreign),
    'nodes "n2" is forbidden: User "system:node:n1" cannot get resource "nodes" in API group "" at the cluster scope: node \'n1\' cannot read \'n2\', only its own Node object',
  );
});

test("a kubelet reads the secrets of its own pods only", async () => {
  await using server = await start();
  for (const name of ["mine", "other"]) await create(server, `${NS}/secrets`, { metadata: { name } });
  const volumes = [{ name: "s", secret: { secretName: "mine" } }];
  await create(server, `${NS}/pods`, pod({ volumes }));
  assert.equal((await get(server, `${NS}/secrets/mine`, NODE)).status, 403);
  await create(server, `${NS}/pods/a/binding`, { metadata: { name: "a" }, target: { kind: "Node", name: "n1" } });
  assert.equal((await get(server, `${NS}/secrets/mine`, NODE)).status, 200);
  assert.equal((await get(server, `${NS}/secrets/other`, NODE)).status, 403);
  assert.equal((await get(server, "/api/v1/pods", NODE)).status, 403);
  assert.equal((await get(server, "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", NODE)).status, 200);
  await get(server, `${NS}/pods/a?gracePeriodSeconds=0`, { method: "DELETE" });
  assert.equal((await get(server, `${NS}/secrets/mine`, NODE)).status, 403);
});
