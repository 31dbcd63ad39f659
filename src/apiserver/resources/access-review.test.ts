// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type TestServer } from "../server-fixture.test.ts";

const GROUP = "rbac.authorization.k8s.io";
const REVIEWS = "/apis/authorization.k8s.io/v1";

interface Review {
  readonly message?: string;
  readonly status: {
    readonly allowed?: boolean;
    readonly reason?: string;
    readonly evaluationError?: string;
    readonly resourceRules?: readonly { readonly resources: readonly string[] }[];
  };
}
const reviewOf = ({ body }: Answer): Review => body as Review;

const ask = async (server: TestServer, spec: object, metadata: object = {}): Promise<Review> =>
  reviewOf(await get(server, `${REVIEWS}/subjectaccessreviews`, { body: { metadata, spec } }));

const PODS = { verb: "list", resource: "pods", namespace: "default" };

async function bind(server: TestServer, subjects: object[]): Promise<void> {
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];
  await get(server, `/apis/${GROUP}/v1/clusterroles`, { body: { metadata: { name: "pods" }, rules } });
  const roleRef = { apiGroup: GROUP, kind: "ClusterRole", name: "pods" };
  const body = { metadata: { name: "b" }, roleRef, subjects };
  await get(server, `/apis/${GROUP}/v1/namespaces/default/rolebindings`, { body });
}

test("the reason names the first of a binding's subjects that the user is", async () => {
  await using server = await startServer({});
  await bind(server, [
    { apiGroup: GROUP, kind: "Group", name: "team" },
    { apiGroup: GROUP, kind: "User", name: "alice" },
  ]);
  const reason = (who: string) => `RBAC: allowed by RoleBinding "b/default" of ClusterRole "pods" to ${who}`;
  const both = await ask(server, { user: "alice", groups: ["team"], resourceAttributes: PODS });
  assert.deepEqual(both.status, { allowed: true, reason: reason('Group "team"') });
  const alone = await ask(server, { user: "alice", resourceAttributes: PODS });
  assert.deepEqual(alone.status, { allowed: true, reason: reason('User "alice"') });
});

test("rules of a binding are listed once, however many of its subjects the user is", async () => {
  await using server = await startServer({});
  await bind(server, [
    { apiGroup: GROUP, kind: "Group", name: "team" },
    { apiGroup: GROUP, kind: "User", name: "alice" },
  ]);
  const review = await get(server, `${REVIEWS}/selfsubjectrulesreviews`, {
    user: ["alice", "team"],
    body: { spec: { namespace: "default" } },
  });
  const pods = reviewOf(review).status.resourceRules!.filter(({ resources }) => resources.includes("pods"));
  assert.equal(pods.length, 1);
});

test("a review says what is wrong with it, without its kind", async () => {
  await using server = await startServer({});
  const messages = await Promise.all([
    ask(server, { user: "a" }),
    ask(server, { user: "a", resourceAttributes: {}, nonResourceAttributes: { path: "/x", verb: "get" } }),
    ask(server, { user: "a", resourceAttributes: { ...PODS, fieldSelector: {} } }),
    ask(server, {
      user: "a",
      resourceAttributes: { labelSelector: { requirements: [{ key: "", operator: "Later" }] } },
    }),
  ]);
  const invalid = '.authorization.k8s.io "" is invalid: ';
  assert.deepEqual(
    messages.map(({ message }) => message?.replace(invalid, "")),
    [
      "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
      'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: cannot be specified in combination with resourceAttributes',
      "spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required",
      "[spec.resourceAttributes.labelSelector.requirements[0].key: Invalid value: \"\": name part must be non-empty, spec.resourceAttributes.labelSelector.requirements[0].key: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')]",
    ],
  );
});

test("selectors that cannot be read are left out, and the answer says so", async () => {
  await using server = await startServer({});
  const evaluated = async (attributes: object) =>
    (await ask(server, { user: "a", resourceAttributes: { ...PODS, ...attributes } })).status.evaluationError;
  const requirement = (operator: string) => ({ key: "a", operator, values: operator === "Exists" ? [] : ["x"] });
  assert.equal(await evaluated({ fieldSelector: { rawSelector: "a=b" } }), undefined);
  assert.equal(
    await evaluated({ fieldSelector: { rawSelector: "a" }, labelSelector: { rawSelector: "x in (" } }),
    "spec.resourceAttributes.fieldSelector ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error",
  );
  assert.equal(
    await evaluated({ fieldSelector: { requirements: [requirement("In"), requirement("Exists")] } }),
    "spec.resourceAttributes.fieldSelector partially ignored due to parse error",
  );
});

test("a local review is about its own namespace", async () => {
  await using server = await startServer({});
  const local = async (body: object) =>
    reviewOf(await get(server, `${REVIEWS}/namespaces/default/localsubjectaccessreviews`, { body }));
  const spec = { user: "a", resourceAttributes: { ...PODS, namespace: "other" } };
  assert.match((await local({ spec })).message!, /must match metadata\.namespace$/);
  assert.equal(
    (await local({ metadata: { namespace: "other" }, spec })).message,
    "the namespace of the provided object does not match the namespace sent on the request",
  );
});

test("a review has no metadata, and no name to find it by", async () => {
  await using server = await startServer({});
  const attributes = { user: "a", nonResourceAttributes: { path: "/", verb: "get" } };
  const { message } = await ask(server, attributes, { labels: { a: "b" }, name: "x", namespace: "gone" });
  assert.match(
    message!,
    /invalid: metadata: Invalid value: \{"name":"x","labels":\{"a":"b"\},"managedFields":\[.*\]\}: must be empty$/,
  );
  const placed = { metadata: { namespace: "gone" }, spec: attributes };
  const answer = await get(server, `${REVIEWS}/subjectaccessreviews`, { body: placed });
  assert.equal((answer.body as { metadata: { namespace?: string } }).metadata.namespace, undefined);
  const named = await get(server, `${REVIEWS}/subjectaccessreviews/x`);
  assert.equal(named.status, 404);
  assert.equal((named.body as Review).message, "the server could not find the requested resource");
});
