// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const ALICE: Ask = { user: ["alice"] };
const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

const bind = (server: TestServer, namespace: string | undefined, role: string): Promise<Answer> =>
  get(server, namespace ? `${RBAC}/namespaces/${namespace}/rolebindings` : `${RBAC}/clusterrolebindings`, {
    body: {
      metadata: { name: `alice-${role}` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "alice" }],
    },
  });

const clusterRole = (server: TestServer, name: string, rules: unknown[], ask: Ask = {}): Promise<Answer> =>
  get(server, `${RBAC}/clusterroles`, { ...ask, body: { metadata: { name }, rules } });

const PODS = { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] };

test("what no role allows is forbidden, in upstream's words", async () => {
  await using server = await startServer({});
  assert.equal(
    messageOf(await get(server, "/api/v1/namespaces/default/pods", ALICE)),
    'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  assert.equal(
    messageOf(await get(server, "/apis/apps/v1/deployments", ALICE)),
    'deployments.apps is forbidden: User "alice" cannot list resource "deployments" in API group "apps" at the cluster scope',
  );
  assert.equal((await get(server, "/apis", ALICE)).status, 200);
});

test("a role binding holds in its namespace alone, and ends with it", async () => {
  await using server = await startServer({});
  await clusterRole(server, "pods", [PODS]);
  await bind(server, "default", "pods");
  assert.equal((await get(server, "/api/v1/namespaces/default/pods", ALICE)).status, 200);
  assert.equal((await get(server, "/api/v1/namespaces/kube-system/pods", ALICE)).status, 403);
  assert.equal((await get(server, "/api/v1/pods", ALICE)).status, 403);
  await get(server, `${RBAC}/namespaces/default/rolebindings/alice-pods`, { method: "DELETE" });
  assert.equal((await get(server, "/api/v1/namespaces/default/pods", ALICE)).status, 403);
});

test("resource names, subresources and wildcards mean what they say", async () => {
  await using server = await startServer({});
  await clusterRole(server, "mixed", [
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get"] },
    { apiGroups: ["apps"], resources: ["*/scale"], verbs: ["*"] },
    { nonResourceURLs: ["/metrics*"], verbs: ["get"] },
  ]);
  await bind(server, undefined, "mixed");
  assert.equal((await get(server, "/api/v1/namespaces/default/secrets/mine", ALICE)).status, 404);
  assert.equal((await get(server, "/api/v1/namespaces/default/secrets/other", ALICE)).status, 403);
  assert.equal((await get(server, "/api/v1/namespaces/default/secrets", ALICE)).status, 403);
  assert.equal((await get(server, "/apis/apps/v1/namespaces/default/deployments/x/scale", ALICE)).status, 404);
  assert.equal((await get(server, "/apis/apps/v1/namespaces/default/deployments/x", ALICE)).status, 403);
  assert.equal((await get(server, "/metrics", ALICE)).status, 200);
});

test("a binding to a role that does not exist explains itself", async () => {
  await using server = await startServer({});
  await bind(server, undefined, "nope");
  assert.equal(
    messageOf(await get(server, "/api/v1/nodes", ALICE)),
    'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found',
  );
});

test("nobody grants rights that he does not hold", async () => {
  await using server = await startServer({});
  await clusterRole(server, "roles", [
    { apiGroups: ["rbac.authorization.k8s.io"], resources: ["clusterroles"], verbs: ["create"] },
    PODS,
  ]);
  await bind(server, undefined, "roles");
  assert.equal((await clusterRole(server, "less", [PODS], ALICE)).status, 201);
  const more = await clusterRole(server, "more", [{ ...PODS, verbs: ["get", "delete", "patch"] }], ALICE);
  assert.equal(more.status, 403);
  assert.equal(
    messageOf(more),
    'clusterroles.rbac.authorization.k8s.io "more" is forbidden: user "alice" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}',
  );
});

test("to act as somebody else is a right of its own", async () => {
  await using server = await startServer({});
  const asBob = { "impersonate-user": "bob" };
  assert.equal(
    messageOf(await get(server, "/api/v1/pods", { ...ALICE, headers: asBob })),
    'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  await clusterRole(server, "actor", [
    { apiGroups: [""], resources: ["users"], resourceNames: ["bob"], verbs: ["impersonate"] },
  ]);
  await bind(server, undefined, "actor");
  assert.equal(
    messageOf(await get(server, "/api/v1/pods", { ...ALICE, headers: asBob })),
    'pods is forbidden: User "bob" cannot list resource "pods" in API group "" at the cluster scope',
  );
  const half = await get(server, "/api/v1/pods", { ...ALICE, headers: { "impersonate-group": "x" } });
  assert.equal(half.status, 400);
  assert.equal(messageOf(half), "requested [{Group  x    }] without impersonating a user");
});
