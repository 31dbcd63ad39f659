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

test("a priority level that somebody changed is put right, a role stays as it is until the next start", async () => {
  await using server = await startServer({});
  const level = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/workload-low";
  const role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node-proxier";
  const patch = (path: string, body: object) =>
    get(server, path, { method: "PATCH", body, headers: { "content-type": "application/merge-patch+json" } });
  const shares = async (): Promise<number> => {
    const { body } = await get(server, level);
    return (body as { spec: { limited: { nominalConcurrencyShares: number } } }).spec.limited.nominalConcurrencyShares;
  };
  await patch(role, { rules: [] });
  await patch(level, { spec: { limited: { nominalConcurrencyShares: 7 } } });
  assert.equal(await shares(), 7);
  await server.clock.advanceUntil(async () => (await shares()) === 100, { limitMs: 2 * LIMIT_MS });
  assert.equal(((await get(server, role)).body as { rules: unknown[] | null }).rules?.length ?? 0, 0);
});
