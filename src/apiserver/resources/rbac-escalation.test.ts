// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const GROUP = "rbac.authorization.k8s.io";
const RBAC = `/apis/${GROUP}/v1`;
const ALICE: Ask = { user: ["alice"] };
const PODS = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
const SECRETS = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };

const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

const clusterRole = (server: TestServer, name: string, rules: unknown[]): Promise<Answer> =>
  get(server, `${RBAC}/clusterroles`, { body: { metadata: { name }, rules } });

const binding = (name: string, role: string, user = "alice") => ({
  metadata: { name },
  roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: role },
  subjects: [{ apiGroup: GROUP, kind: "User", name: user }],
});

/** Alice may write everything of RBAC, and holds the rules given. */
async function start(rules: unknown[]): Promise<TestServer> {
  const server = await startServer({});
  const writes = { apiGroups: [GROUP], resources: ["*"], verbs: ["get", "create", "update", "patch"] };
  await clusterRole(server, "alice", [writes, ...rules]);
  await get(server, `${RBAC}/clusterrolebindings`, { body: binding("alice", "alice") });
  return server;
}

test("a role with more rights than its editor holds keeps even its labels from him", async () => {
  await using server = await start([PODS]);
  await clusterRole(server, "secret", [SECRETS]);
  await clusterRole(server, "pod", [PODS]);
  const headers = { "content-type": "application/merge-patch+json" };
  const label = { ...ALICE, method: "PATCH", headers, body: { metadata: { labels: { a: "b" } } } };
  assert.equal((await get(server, `${RBAC}/clusterroles/secret`, label)).status, 403);
  assert.equal((await get(server, `${RBAC}/clusterroles/pod`, label)).status, 200);
  const finalizers = { ...label, body: { metadata: { finalizers: ["example.com/a"] } } };
  assert.equal((await get(server, `${RBAC}/clusterroles/secret`, finalizers)).status, 200);
});

test("escalate by name holds for the role of that path, not for roles that are posted", async () => {
  await using server = await start([
    { apiGroups: [GROUP], resources: ["clusterroles"], resourceNames: ["x"], verbs: ["escalate"] },
  ]);
  const role = { metadata: { name: "x" }, rules: [SECRETS] };
  assert.equal((await get(server, `${RBAC}/clusterroles`, { ...ALICE, body: role })).status, 403);
  await clusterRole(server, "x", [PODS]);
  assert.equal((await get(server, `${RBAC}/clusterroles/x`, { ...ALICE, method: "PUT", body: role })).status, 200);
});

test("an aggregation rule that selects something needs all rights", async () => {
  await using server = await start([PODS]);
  const role = (selectors: object[]) => ({
    ...ALICE,
    body: { metadata: { name: "all" }, aggregationRule: { clusterRoleSelectors: selectors }, rules: [PODS] },
  });
  assert.equal(
    messageOf(await get(server, `${RBAC}/clusterroles`, role([{ matchLabels: { a: "b" } }]))),
    'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  );
});

test("a role that does not exist is named by the resource that is written", async () => {
  await using server = await start([]);
  const refused = await get(server, `${RBAC}/clusterrolebindings`, { ...ALICE, body: binding("b", "nope") });
  assert.equal(refused.status, 404);
  assert.equal(messageOf(refused), 'clusterrolebindings.rbac.authorization.k8s.io "nope" not found');
  for (const name of ["lost", "lost-too"]) {
    await get(server, `${RBAC}/clusterrolebindings`, { body: binding(name, "gone") });
  }
  const more = await get(server, `${RBAC}/clusterroles`, {
    ...ALICE,
    body: { metadata: { name: "m" }, rules: [SECRETS] },
  });
  assert.match(
    messageOf(more),
    /Verbs:\["get"\]\}; resolution errors: \[clusterroles\.rbac\.authorization\.k8s\.io "gone" not found\]$/,
  );
});

test("a namespace that is missing is said before a role that is too strong", async () => {
  await using server = await start([]);
  const body = { metadata: { name: "r" }, rules: [SECRETS] };
  const refused = await get(server, `${RBAC}/namespaces/nope/roles`, { ...ALICE, body });
  assert.equal(messageOf(refused), 'namespaces "nope" not found');
});
