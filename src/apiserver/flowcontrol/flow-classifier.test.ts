// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, send, startServer, type TestServer } from "../server-fixture.test.ts";

const FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1";

async function uids(server: TestServer, schema: string, level: string): Promise<readonly (string | undefined)[]> {
  const uidOf = async (path: string): Promise<string | undefined> =>
    ((await get(server, path)).body as { metadata: { uid?: string } }).metadata.uid;
  return [await uidOf(`${FLOW}/flowschemas/${schema}`), await uidOf(`${FLOW}/prioritylevelconfigurations/${level}`)];
}

async function flowOf(server: TestServer, path: string, user?: readonly [string, ...string[]]) {
  const { headers } = await send(server, path, user ? { user } : {});
  return [headers["x-kubernetes-pf-flowschema-uid"], headers["x-kubernetes-pf-prioritylevel-uid"]];
}

test("an answer names the flow schema and the priority level of its request", async () => {
  await using server = await startServer({});
  const maps = "/api/v1/namespaces/default/configmaps";
  assert.deepEqual(await flowOf(server, maps), await uids(server, "exempt", "exempt"));
  const node = ["system:node:n", "system:nodes"] as const;
  assert.deepEqual(await flowOf(server, maps, node), await uids(server, "system-nodes", "system"));
  assert.deepEqual(await flowOf(server, "/api/v1/nodes/n", node), await uids(server, "system-node-high", "node-high"));
  assert.deepEqual(await flowOf(server, maps, ["alice"]), await uids(server, "global-default", "global-default"));
  const scheduler = ["system:kube-scheduler"] as const;
  assert.deepEqual(await flowOf(server, maps, scheduler), await uids(server, "kube-scheduler", "workload-high"));
  assert.deepEqual(await flowOf(server, "/readyz/ping", ["alice"]), await uids(server, "probes", "exempt"));
  assert.deepEqual(await flowOf(server, "/healthz", ["alice"]), await uids(server, "probes", "exempt"));
  assert.deepEqual(await flowOf(server, "/api/v1/namespaces/default/pods/p/log"), [undefined, undefined]);
});

test("a new flow schema is heeded at once, by its precedence", async () => {
  await using server = await startServer({});
  const maps = "/api/v1/namespaces/default/configmaps";
  const resourceRules = [{ verbs: ["list"], apiGroups: [""], resources: ["configmaps"], namespaces: ["default"] }];
  const spec = {
    matchingPrecedence: 2,
    priorityLevelConfiguration: { name: "workload-low" },
    rules: [{ subjects: [{ kind: "User", user: { name: "alice" } }], resourceRules }],
  };
  await get(server, `${FLOW}/flowschemas`, { body: { metadata: { name: "mine" }, spec } });
  assert.deepEqual(await flowOf(server, maps, ["alice"]), await uids(server, "mine", "workload-low"));
  assert.deepEqual(await flowOf(server, maps, ["bob"]), await uids(server, "global-default", "global-default"));
});
