// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type Ask, type TestServer } from "../../src/apiserver/server-fixture.test.ts";

const GROUP = "rbac.authorization.k8s.io";
const RBAC = `/apis/${GROUP}/v1`;
const TEAM = `${RBAC}/namespaces/team`;

/** What people hold here. Everybody may write roles and bindings: only what they hold stops them. */
const OWNER_RULES = [
  {
    apiGroups: [GROUP],
    resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
  },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get"] },
  { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["update"] },
  { nonResourceURLs: ["/metrics"], verbs: ["get"] },
];

const MALLORY: Ask = { user: ["mallory", "devs"] };
const PERSON = { apiGroup: GROUP, kind: "User", name: "mallory" };

/** Rights that mallory does not hold: none may get into a role or a binding of hers. */
const WANTED: readonly object[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { apiGroups: [""], resources: ["*"], verbs: ["get"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["*"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "delete"] },
  { apiGroups: [""], resources: ["pods", "services"], verbs: ["get"] },
  { apiGroups: ["", "apps"], resources: ["pods"], verbs: ["get"] },
  { apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] },
  { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["other"], verbs: ["get"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine", "other"], verbs: ["get"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get", "update"] },
  { apiGroups: ["apps"], resources: ["*/scale"], verbs: ["update"] },
  { apiGroups: ["apps"], resources: ["deployments"], verbs: ["update"] },
  { apiGroups: [GROUP], resources: ["clusterroles"], verbs: ["escalate"] },
  { apiGroups: [GROUP], resources: ["clusterroles"], verbs: ["bind"] },
  { apiGroups: [""], resources: ["users"], verbs: ["impersonate"] },
  { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] },
  { apiGroups: ["certificates.k8s.io"], resources: ["signers"], verbs: ["approve"] },
];
/** Only ClusterRoles hold these. */
const WANTED_PATHS: readonly object[] = [
  { nonResourceURLs: ["*"], verbs: ["get"] },
  { nonResourceURLs: ["/metrics/*"], verbs: ["get"] },
  { nonResourceURLs: ["/metrics"], verbs: ["post"] },
];

/** Default roles that hold more than mallory does; those that a controller fills are empty here. */
const DEFAULT_ROLES =
  "cluster-admin system:node system:kube-scheduler system:kube-controller-manager system:node-proxier system:node-bootstrapper system:auth-delegator system:kubelet-api-admin system:heapster system:kube-dns system:volume-scheduler system:persistent-volume-provisioner system:monitoring system:aggregate-to-admin system:aggregate-to-edit system:aggregate-to-view system:controller:namespace-controller system:controller:generic-garbage-collector system:controller:clusterrole-aggregation-controller".split(
    " ",
  );

const roleRef = (kind: string, name: string) => ({ apiGroup: GROUP, kind, name });
const patchOf = (type: string, body: unknown): Ask => ({
  ...MALLORY,
  method: "PATCH",
  body,
  headers: { "content-type": `application/${type}` },
});

async function prepare(server: TestServer): Promise<void> {
  const make = async (path: string, body: object) => {
    const { status, body: answer } = await get(server, path, { body });
    assert.equal(status, 201, JSON.stringify(answer));
  };
  await make("/api/v1/namespaces", { metadata: { name: "team" } });
  await make(`${RBAC}/clusterroles`, { metadata: { name: "owner" }, rules: OWNER_RULES });
  await make(`${RBAC}/clusterrolebindings`, {
    metadata: { name: "owner" },
    roleRef: roleRef("ClusterRole", "owner"),
    subjects: [PERSON],
  });
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
  await make(`${RBAC}/clusterroles`, { metadata: { name: "small" }, rules });
  await make(`${TEAM}/roles`, { metadata: { name: "small" }, rules });
  await make(`${RBAC}/clusterroles`, {
    metadata: { name: "sum" },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: "x" } }] },
  });
  await make(`${TEAM}/rolebindings`, {
    metadata: { name: "root" },
    roleRef: roleRef("ClusterRole", "cluster-admin"),
    subjects: [],
  });
  await make(`${RBAC}/clusterrolebindings`, {
    metadata: { name: "root" },
    roleRef: roleRef("ClusterRole", "cluster-admin"),
    subjects: [],
  });
  await make("/api/v1/namespaces/team/serviceaccounts", { metadata: { name: "strong" } });
}

/** An attempt, and what it is called when it succeeds. */
interface Attempt {
  readonly what: string;
  readonly path: string;
  readonly ask: Ask;
}

/** To write more into a role, by every kind of write. */
function writesOfRoles(): Attempt[] {
  const attempts: Attempt[] = [];
  const places = [
    ...WANTED.flatMap((rule) => [`${RBAC}/clusterroles`, `${TEAM}/roles`].map((place) => ({ place, rule }))),
    ...WANTED_PATHS.map((rule) => ({ place: `${RBAC}/clusterroles`, rule })),
  ];
  for (const { place, rule } of places) {
    const add = (how: string, path: string, ask: Ask) =>
      attempts.push({ what: `${how} ${path} ${JSON.stringify(rule)}`, path, ask });
    const named = (name: string) => ({ metadata: { name }, rules: [rule] });
    const kind = place.endsWith("clusterroles") ? "ClusterRole" : "Role";
    add("create", place, { ...MALLORY, body: named("more") });
    add("update", `${place}/small`, { ...MALLORY, method: "PUT", body: named("small") });
    add("merge patch", `${place}/small`, patchOf("merge-patch+json", { rules: [rule] }));
    add("JSON patch", `${place}/small`, patchOf("json-patch+json", [{ op: "add", path: "/rules/-", value: rule }]));
    add(
      "apply",
      `${place}/new?fieldManager=m&force=true`,
      patchOf("apply-patch+yaml", { apiVersion: `${GROUP}/v1`, kind, ...named("new") }),
    );
  }
  return attempts;
}

/** To bind what holds more, or oneself to what is bound. */
function writesOfBindings(): Attempt[] {
  const attempts: Attempt[] = [];
  for (const place of [`${RBAC}/clusterrolebindings`, `${TEAM}/rolebindings`]) {
    for (const role of DEFAULT_ROLES) {
      const body = { metadata: { name: "mine" }, roleRef: roleRef("ClusterRole", role), subjects: [PERSON] };
      attempts.push({ what: `bind ${role} at ${place}`, path: place, ask: { ...MALLORY, body } });
    }
    const subjects = [PERSON];
    const whole = { metadata: { name: "root" }, roleRef: roleRef("ClusterRole", "cluster-admin"), subjects };
    attempts.push(
      { what: `join ${place}`, path: `${place}/root`, ask: patchOf("merge-patch+json", { subjects }) },
      {
        what: `join by JSON patch ${place}`,
        path: `${place}/root`,
        ask: patchOf("json-patch+json", [{ op: "add", path: "/subjects", value: subjects }]),
      },
      { what: `join by update ${place}`, path: `${place}/root`, ask: { ...MALLORY, method: "PUT", body: whole } },
    );
  }
  return attempts;
}

const LABELS = ["admin", "edit", "view"].map((name) => `${GROUP}/aggregate-to-${name}`);

/** To get more without naming it: by aggregation, as somebody else, with somebody's token. */
function detours(): Attempt[] {
  const sum = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [LABELS[0]!]: "true" } }] } };
  const aggregation: Attempt[] = [
    {
      what: "aggregate",
      path: `${RBAC}/clusterroles`,
      ask: { ...MALLORY, body: { metadata: { name: "all" }, ...sum } },
    },
    { what: "aggregate more", path: `${RBAC}/clusterroles/sum`, ask: patchOf("merge-patch+json", sum) },
    { what: "turn into a sum", path: `${RBAC}/clusterroles/small`, ask: patchOf("merge-patch+json", sum) },
    ...LABELS.map((label) => ({
      what: `add to ${label}`,
      path: `${RBAC}/clusterroles`,
      ask: { ...MALLORY, body: { metadata: { name: "part", labels: { [label]: "true" } }, rules: [WANTED[7]] } },
    })),
  ];
  const somebody: Readonly<Record<string, string>>[] = [
    { "impersonate-user": "admin" },
    { "impersonate-user": "system:kube-controller-manager" },
    { "impersonate-user": "system:node:n1", "impersonate-group": "system:nodes" },
    { "impersonate-user": "system:serviceaccount:team:strong" },
    { "impersonate-user": "mallory", "impersonate-group": "system:masters" },
    { "impersonate-user": "mallory", "impersonate-uid": "1" },
    { "impersonate-user": "mallory", "impersonate-extra-scopes": "all" },
  ];
  const disguises = somebody.map((headers) => ({
    what: `as ${JSON.stringify(headers)}`,
    path: "/api/v1/namespaces/team/pods",
    ask: { ...MALLORY, headers },
  }));
  const token = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const pod = {
    metadata: { name: "p" },
    spec: { serviceAccountName: "strong", containers: [{ name: "c", image: "i" }] },
  };
  const forms: readonly (readonly [string, object])[] = [
    ["/api/v1/namespaces/team/serviceaccounts/strong/token", token],
    ["/api/v1/namespaces/team/pods", pod],
    ["/apis/authorization.k8s.io/v1/subjectaccessreviews", { spec: { user: "admin" } }],
    ["/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: "x" } }],
    ["/apis/certificates.k8s.io/v1/certificatesigningrequests", { metadata: { name: "c" }, spec: {} }],
  ];
  return [
    ...aggregation,
    ...disguises,
    ...forms.map(([path, body]) => ({ what: path, path, ask: { ...MALLORY, body } })),
  ];
}

const messageOf = ({ body }: Answer): string => String((body as { message?: string }).message);

test("two hundred attempts to get more rights than one holds are refused, and change nothing", async () => {
  await using server = await startServer({});
  await prepare(server);
  const before = await server.store.currentRevision({ signal: server.signal });
  const attempts = [...writesOfRoles(), ...writesOfBindings(), ...detours()];
  assert.ok(attempts.length >= 200, `${attempts.length} attempts`);
  for (const { what, path, ask } of attempts) {
    const answer = await get(server, path, ask);
    assert.equal(answer.status, 403, `${what}: ${messageOf(answer)}`);
    assert.match(messageOf(answer), / is forbidden: /, what);
  }
  assert.equal(await server.store.currentRevision({ signal: server.signal }), before);
});

test("what one holds can be granted, in every form that says no more", async () => {
  await using server = await startServer({});
  await prepare(server);
  const granted: readonly object[] = [
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["mine"], verbs: ["get"] },
    { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["update"] },
    { nonResourceURLs: ["/metrics"], verbs: ["get"] },
  ];
  for (const [i, rule] of granted.entries()) {
    const made = await get(server, `${RBAC}/clusterroles`, {
      ...MALLORY,
      body: { metadata: { name: `g${i}` }, rules: [rule] },
    });
    assert.equal(made.status, 201, messageOf(made));
    const subjects = [{ apiGroup: GROUP, kind: "User", name: "friend" }];
    const binding = { metadata: { name: `g${i}` }, roleRef: roleRef("ClusterRole", `g${i}`), subjects };
    const bound = await get(server, `${RBAC}/clusterrolebindings`, { ...MALLORY, body: binding });
    assert.equal(bound.status, 201, messageOf(bound));
  }
  const friend: Ask = { user: ["friend"] };
  assert.equal((await get(server, "/api/v1/namespaces/team/pods", friend)).status, 200);
  assert.equal((await get(server, "/api/v1/namespaces/team/secrets/mine", friend)).status, 404);
  assert.equal((await get(server, "/api/v1/namespaces/team/secrets/other", friend)).status, 403);
});
