// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";

async function create(server: TestServer, path: string, body: object, ask: Ask = {}): Promise<KubeObject> {
  const answer = await get(server, path, { ...ask, body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body as KubeObject;
}

const messageOf = ({ body }: { body: unknown }): string => (body as { message: string }).message;

async function withAccount(): Promise<TestServer> {
  const server = await startServer({});
  await create(server, `${NS}/serviceaccounts`, { metadata: { name: "default" } });
  return server;
}

const pod = (name: string) => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: "c", image: "i" }] },
});
const binding = (name: string, node: string) => ({ metadata: { name }, target: { kind: "Node", name: node } });

test("a pod is bound once; the second scheduler is told who was first", async () => {
  await using server = await withAccount();
  await create(server, `${NS}/pods`, pod("a"));
  const first = await get(server, `${NS}/pods/a/binding`, { body: binding("a", "n1") });
  assert.deepEqual(first.body, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
  const second = await get(server, `${NS}/pods/a/binding`, { body: binding("a", "n2") });
  assert.equal(second.status, 409);
  assert.equal(
    messageOf(second),
    'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"',
  );
  const { spec, status } = (await get(server, `${NS}/pods/a`)).body as {
    spec: { nodeName: string };
    status: { conditions: { type: string; status: string }[] };
  };
  assert.equal(spec.nodeName, "n1");
  assert.deepEqual(
    status.conditions.map(({ type, status: value }) => [type, value]),
    [["PodScheduled", "True"]],
  );
});

test("a bound pod carries the zone of its node", async () => {
  await using server = await withAccount();
  const labels = { "topology.kubernetes.io/zone": "z1", "kubernetes.io/hostname": "n1" };
  await create(server, "/api/v1/nodes", { metadata: { name: "n1", labels } });
  await create(server, `${NS}/pods`, pod("a"));
  await create(server, `${NS}/pods/a/binding`, binding("a", "n1"));
  const bound = (await get(server, `${NS}/pods/a`)).body as KubeObject;
  assert.deepEqual(bound.metadata.labels, { app: "a", "topology.kubernetes.io/zone": "z1" });
});

test("a token of a service account says who it is, as long as its pod lives", async () => {
  await using server = await withAccount();
  const { metadata } = await create(server, `${NS}/pods`, pod("a"));
  const { status } = await create(server, `${NS}/serviceaccounts/default/token`, {
    spec: { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "a", uid: metadata.uid } },
  });
  const { token, expirationTimestamp } = status as { token: string; expirationTimestamp: string };
  assert.equal(expirationTimestamp, "2026-01-01T01:00:00Z");
  const ask: Ask = { user: undefined, headers: { authorization: `Bearer ${token}` }, body: {} };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const review = await create(server, path, {}, ask);
  const { userInfo } = review["status"] as {
    userInfo: { username: string; groups: string[]; extra: Record<string, string[]> };
  };
  assert.equal(userInfo.username, "system:serviceaccount:default:default");
  assert.deepEqual(userInfo.groups, [
    "system:serviceaccounts",
    "system:serviceaccounts:default",
    "system:authenticated",
  ]);
  assert.deepEqual(userInfo.extra["authentication.kubernetes.io/pod-name"], ["a"]);
  await get(server, `${NS}/pods/a?gracePeriodSeconds=0`, { method: "DELETE" });
  await server.clock.advance(11_000);
  assert.equal((await get(server, path, ask)).status, 401);
});

test("a token may not live less than ten minutes", async () => {
  await using server = await withAccount();
  const answer = await get(server, `${NS}/serviceaccounts/default/token`, { body: { spec: { expirationSeconds: 5 } } });
  assert.equal(answer.status, 422);
  assert.equal(
    messageOf(answer),
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
  );
});

test("a token review tells good tokens from bad ones", async () => {
  await using server = await withAccount();
  const { status } = await create(server, `${NS}/serviceaccounts/default/token`, { spec: {} });
  const path = "/apis/authentication.k8s.io/v1/tokenreviews";
  const good = await create(server, path, { spec: { token: (status as { token: string }).token } });
  assert.equal((good["status"] as { authenticated: boolean }).authenticated, true);
  const bad = await create(server, path, { spec: { token: "nope" } });
  assert.equal((bad["status"] as { authenticated?: boolean }).authenticated, undefined);
});

test("a token request says what it cannot be for", async () => {
  await using server = await withAccount();
  await create(server, `${NS}/pods`, pod("a"));
  const ask = async (spec: object, metadata: object = {}) =>
    get(server, `${NS}/serviceaccounts/default/token`, { body: { metadata, spec } });
  const bound = (kind: string, name: string, more: object = {}) => ({
    boundObjectRef: { apiVersion: "v1", kind, name, ...more },
  });
  const made = (await ask({})).body as KubeObject;
  const account = (await get(server, `${NS}/serviceaccounts/default`)).body as KubeObject;
  assert.equal(made.metadata.uid, account.metadata.uid);
  const cases: readonly [Promise<Answer>, number, string][] = [
    [ask(bound("Pod", "")), 400, "Name parameter required."],
    [ask(bound("Secret", "x")), 404, 'secrets "x" not found'],
    [ask(bound("ConfigMap", "x")), 400, "cannot bind token to object of type /v1, Kind=ConfigMap"],
    [
      ask(bound("Pod", "a", { uid: "u" })),
      409,
      'Operation cannot be fulfilled on Pod "a": the UID in the bound object reference (u) does not match the UID in record. The object might have been deleted and then recreated',
    ],
    [
      ask({}, { name: "other" }),
      422,
      'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
    ],
  ];
  for (const [answer, status, message] of cases) {
    assert.deepEqual([(await answer).status, messageOf(await answer)], [status, message]);
  }
  await create(server, `${NS}/serviceaccounts`, { metadata: { name: "other" } });
  const foreign = await get(server, `${NS}/serviceaccounts/other/token`, { body: { spec: bound("Pod", "a") } });
  assert.equal(
    messageOf(foreign),
    'cannot bind token for serviceaccount "other" to pod running with different serviceaccount name.',
  );
});

test("an eviction waits for the disruption budget", async () => {
  await using server = await withAccount();
  await create(server, `${NS}/pods`, pod("a"));
  const ready = { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } };
  const headers = { "content-type": "application/merge-patch+json" };
  await get(server, `${NS}/pods/a/status`, { method: "PATCH", body: ready, headers });
  const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  await create(server, budgets, {
    metadata: { name: "b" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "a" } } },
  });
  const eviction = { metadata: { name: "a" } };
  const early = await get(server, `${NS}/pods/a/eviction`, { body: eviction });
  assert.equal(early.status, 429);
  const status = {
    observedGeneration: 1,
    disruptionsAllowed: 0,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
  };
  await get(server, `${budgets}/b/status`, { method: "PATCH", body: { status }, headers });
  const refused = await get(server, `${NS}/pods/a/eviction`, { body: eviction });
  assert.equal(messageOf(refused), "Cannot evict pod as it would violate the pod's disruption budget.");
  await get(server, `${budgets}/b/status`, { method: "PATCH", body: { status: { disruptionsAllowed: 1 } }, headers });
  assert.equal((await get(server, `${NS}/pods/a/eviction`, { body: eviction })).status, 201);
  assert.equal((await get(server, `${NS}/pods/a`)).status, 404);
});

test("access reviews explain what RBAC decides", async () => {
  await using server = await withAccount();
  const role = { metadata: { name: "reader" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] };
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  await create(server, `${rbac}/roles`, role);
  await create(server, `${rbac}/rolebindings`, {
    metadata: { name: "readers" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
    subjects: [{ kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }],
  });
  const review = (verb: string) =>
    create(server, "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { user: "alice", resourceAttributes: { namespace: "default", verb, resource: "pods" } },
    });
  assert.deepEqual((await review("get"))["status"], {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "readers/default" of Role "reader" to User "alice"',
  });
  assert.deepEqual((await review("delete"))["status"], { allowed: false });
});
