// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer } from "../server-fixture.test.ts";

test("a priority class of the system cannot be deleted, one of a user can", async () => {
  await using server = await startServer({});
  const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
  const refused = await get(server, `${classes}/system-node-critical`, { method: "DELETE" });
  assert.equal(refused.status, 403);
  assert.equal(
    (refused.body as { message: string }).message,
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  );
  await get(server, classes, { body: { metadata: { name: "mine" }, value: 5 } });
  assert.equal((await get(server, `${classes}/mine`, { method: "DELETE" })).status, 200);
});

test("a namespace that waits for its finalizer is the answer to whoever deletes it again", async () => {
  await using server = await startServer({});
  await get(server, "/api/v1/namespaces", { body: { metadata: { name: "ending" } } });
  await get(server, "/api/v1/namespaces/ending", { method: "DELETE" });
  const again = await get(server, "/api/v1/namespaces/ending", { method: "DELETE" });
  assert.equal((again.body as { kind: string }).kind, "Namespace");
});

test("an old event has no reporter in the newer group", async () => {
  await using server = await startServer({});
  const event = { metadata: { name: "e" }, involvedObject: { namespace: "default", name: "p" }, reason: "R" };
  await get(server, "/api/v1/namespaces/default/events", { body: event });
  const { body } = await get(server, "/apis/events.k8s.io/v1/namespaces/default/events/e");
  assert.equal("reportingController" in (body as object), false);
});
