// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Eviction } from "../../api/index.ts";
import { get, startServer, type TestServer } from "../server-fixture.test.ts";
import { checkEviction, isDryEviction } from "./pod-eviction.ts";

const evictionOf = (deleteOptions?: object): Eviction =>
  ({ metadata: { name: "p" }, ...(deleteOptions && { deleteOptions }) }) as Eviction;

test("an eviction names its pod and reads what it deletes", () => {
  checkEviction(evictionOf(), "p");
  assert.throws(() => checkEviction(evictionOf(), "q"), {
    message: "name in URL does not match name in Eviction object",
  });
  const unsafe = evictionOf({ ignoreStoreReadErrorWithClusterBreakingPotential: true });
  assert.throws(() => checkEviction(unsafe, "p"), /can not be set for pod eviction, try after removing the option$/);
});

test("an eviction is dry when the request or its delete options say so, and they agree", () => {
  assert.equal(isDryEviction(evictionOf(), false), false);
  assert.equal(isDryEviction(evictionOf(), true), true);
  assert.equal(isDryEviction(evictionOf({ dryRun: ["All"] }), false), true);
  assert.equal(isDryEviction(evictionOf({ dryRun: ["All"] }), true), true);
  assert.throws(() => isDryEviction(evictionOf({ dryRun: ["x", "y"] }), true), {
    message: "Non-matching dry-run options in request and content: [All] and [x y]",
  });
});

const PODS = "/api/v1/namespaces/default/pods";
const MERGE = { "content-type": "application/merge-patch+json" };

async function statusOfEviction(server: TestServer, name: string, deleteOptions?: object): Promise<number> {
  const eviction = get(server, `${PODS}/${name}/eviction`, { body: { metadata: { name }, deleteOptions } });
  const kubelet = Array.from({ length: 8 }, (_, i) =>
    get(server, `${PODS}/${name}/status`, { method: "PATCH", body: { status: { message: `${i}` } }, headers: MERGE }),
  );
  await Promise.all(kubelet);
  return (await eviction).status;
}

test("a pod is evicted although its kubelet writes its status meanwhile, unless the client named a revision", async () => {
  await using server = await startServer({});
  await get(server, "/api/v1/namespaces/default/serviceaccounts", { body: { metadata: { name: "default" } } });
  for (const phase of ["Pending", "Running", "Failed"]) {
    const name = phase.toLowerCase();
    const spec = { containers: [{ name: "c", image: "i" }] };
    const created = await get(server, PODS, { body: { metadata: { name }, spec } });
    const { resourceVersion } = (created.body as { metadata: { resourceVersion: string } }).metadata;
    await get(server, `${PODS}/${name}/status`, { method: "PATCH", body: { status: { phase } }, headers: MERGE });
    assert.equal(await statusOfEviction(server, name, { preconditions: { resourceVersion } }), 409);
    assert.equal(await statusOfEviction(server, name), 201, phase);
    assert.equal((await get(server, `${PODS}/${name}`)).status, 404);
  }
});
