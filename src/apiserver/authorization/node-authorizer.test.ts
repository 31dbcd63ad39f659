// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const NODE: Ask = { user: ["system:node:n1", "system:nodes"] };
const reasonOf = ({ body }: Answer): string =>
  /(?:scope|namespace "default")(?:: (.*))?$/s.exec((body as { message: string }).message)?.[1] ?? "";

async function withPods(): Promise<TestServer> {
  const server = await startServer({});
  await get(server, `${NS}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  for (const [name, nodeName] of Object.entries({ mine: "n1", other: "n2" })) {
    await get(server, `${NS}/secrets`, { body: { metadata: { name } } });
    const volumes = [{ name: "v", cinder: { volumeID: "c", secretRef: { name } } }];
    const spec = { nodeName, volumes, containers: [{ name: "c", image: "i" }] };
    const made = await get(server, `${NS}/pods`, { body: { metadata: { name }, spec } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  return server;
}

const NO_RELATION = "no relationship found between node 'n1' and this object";
const ONE_BY_ONE = "can only get individual resources of this type";
const CASES: readonly (readonly [path: string, method: string, allowed: boolean, reason?: string])[] = [
  [`${NS}/secrets/mine`, "GET", true],
  [`${NS}/secrets/other`, "GET", false, NO_RELATION],
  [`${NS}/secrets`, "GET", false, "No Object name found"],
  [`${NS}/secrets/mine`, "DELETE", false, "can only read resources of this type"],
  ["/api/v1/secrets?fieldSelector=metadata.name%3Dmine", "GET", false, "can only read namespaced object of this type"],
  [`${NS}/pods/mine`, "GET", true],
  [`${NS}/pods/other`, "GET", false, NO_RELATION],
  ["/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", "GET", true],
  [
    "/api/v1/pods?fieldSelector=spec.nodeName%21%3Dn1",
    "GET",
    false,
    "can only list/watch pods with spec.nodeName field selector",
  ],
  [`${NS}/pods/mine/exec`, "GET", false, ""],
  [`${NS}/persistentvolumeclaims`, "GET", false, ONE_BY_ONE],
  ["/apis/storage.k8s.io/v1/volumeattachments", "GET", false, ONE_BY_ONE],
  ["/api/v1/nodes", "GET", false, "node 'n1' cannot read all nodes, only its own Node object"],
  ["/api/v1/nodes/n1/proxy/x", "GET", false, ""],
  ["/apis/resource.k8s.io/v1/resourceslices/s", "GET", false, NO_RELATION],
  [`${NS}/serviceaccounts/default`, "GET", true],
  [`${NS}/serviceaccounts`, "GET", false, "can only create tokens for individual service accounts"],
];

test("a node reads what is related to it, and hears why it may not read more", async () => {
  await using server = await withPods();
  for (const [path, method, allowed, reason] of CASES) {
    const answer = await get(server, path, { ...NODE, method });
    assert.equal(answer.status !== 403, allowed, `${method} ${path}: ${answer.status}`);
    if (!allowed) assert.equal(reasonOf(answer), reason, `${method} ${path}`);
  }
});

test("a node's slices of devices are its own", async () => {
  await using server = await withPods();
  const slices = "/apis/resource.k8s.io/v1/resourceslices";
  const slice = (name: string, nodeName: string) => ({
    metadata: { name },
    spec: { driver: "a.b", nodeName, pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
  });
  const foreign = await get(server, slices, { ...NODE, body: slice("s2", "n2") });
  assert.match((foreign.body as { message: string }).message, /same NodeName as the requesting node$/);
  assert.equal((await get(server, slices, { ...NODE, body: slice("s1", "n1") })).status, 201);
  assert.equal((await get(server, `${slices}/s1`, NODE)).status, 200);
  await get(server, slices, { body: slice("s2", "n2") });
  assert.equal((await get(server, `${slices}/s2`, NODE)).status, 403);
});

test("no list of rules is whole for a node", async () => {
  await using server = await startServer({});
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const { body } = await get(server, path, { ...NODE, body: { spec: { namespace: "default" } } });
  const { incomplete, evaluationError } = (body as { status: { incomplete: boolean; evaluationError: string } }).status;
  assert.deepEqual([incomplete, evaluationError], [true, "node authorizer does not support user rule resolution"]);
});
