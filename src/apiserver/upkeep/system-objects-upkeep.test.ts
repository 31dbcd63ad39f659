// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type TestServer } from "../server-fixture.test.ts";

const LIMIT_MS = 60_000;

async function comesBack(server: TestServer, path: string): Promise<void> {
  const before = await get(server, path);
  const deleted = await get(server, path, { method: "DELETE" });
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body));
  const uidOf = (answer: { body: unknown }) => (answer.body as { metadata?: { uid?: string } }).metadata?.uid;
  await server.clock.advanceUntil(
    async () => {
      const now = await get(server, path);
      return now.status === 200 && uidOf(now) !== uidOf(before);
    },
    { limitMs: LIMIT_MS },
  );
}

test("the kubernetes Service comes back when somebody deletes it", async () => {
  await using server = await startServer({});
  await comesBack(server, "/api/v1/namespaces/default/services/kubernetes");
});

test("flow schemas that every cluster has come back", async () => {
  await using server = await startServer({});
  await comesBack(server, "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/global-default");
});
