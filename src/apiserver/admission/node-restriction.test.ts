// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../../apimachinery/index.ts";
import { get, startServer, type Answer, type Ask, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const NODE: Ask = { user: ["system:node:n1", "system:nodes"] };
const messageOf = ({ body }: Answer): string => (body as { message: string }).message ?? "";

interface World {
  readonly server: TestServer;
  readonly node: KubeObject;
}

async function world(): Promise<World> {
  const server = await startServer({});
  await get(server, `${NS}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  const node = (await get(server, "/api/v1/nodes", { body: { metadata: { name: "n1" } } })).body as KubeObject;
  return { server, node };
}

const patch = (server: TestServer, path: string, body: object): Promise<Answer> =>
  get(server, path, { ...NODE, method: "PATCH", headers: { "content-type": "application/merge-patch+json" }, body });

test("a kubelet keeps its taints, owners and the cluster's labels", async () => {
  const { server } = await world();
  await using _ = server;
  const refused = async (body: object) =>
    messageOf(await patch(server, "/api/v1/nodes/n1", body)).split("forbidden: ")[1];
  const taints = [{ key: "a", effect: "NoSchedule" }];
  assert.equal(await refused({ spec: { taints } }), 'node "n1" is not allowed to modify taints');
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "u" }];
  assert.equal(await refused({ metadata: { ownerReferences } }), 'node "n1" is not allowed to modify ownerReferences');
  const labels = { "k8s.io/a": "b", "node.kubernetes.io/ok": "c", own: "d" };
  assert.equal(await refused({ metadata: { labels } }), "is not allowed to modify labels: k8s.io/a");
});

test("a mirror pod belongs to its node and stands on its own", async () => {
  const { server, node } = await world();
  await using _ = server;
  const owner = { apiVersion: "v1", kind: "Node", name: "n1", uid: node.metadata.uid, controller: true };
  const create = (owners: object[], spec: object = {}) =>
    get(server, `${NS}/pods`, {
      ...NODE,
      body: {
        metadata: { name: "m", annotations: { "kubernetes.io/config.mirror": "x" }, ownerReferences: owners },
        spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }], ...spec },
      },
    });
  const refused = async (...parts: Parameters<typeof create>) =>
    messageOf(await create(...parts)).split("forbidden: ")[1];
  assert.equal(
    await refused([{ ...owner, controller: false }]),
    'node "n1" can only create pods with a controller owner reference set to itself',
  );
  assert.equal(await refused([{ ...owner, uid: "u" }]), `node n1 UID mismatch: expected u got ${node.metadata.uid}`);
  assert.equal(
    await refused([owner], { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] }),
    'node "n1" can not create pods that reference persistentvolumeclaims',
  );
  assert.equal((await create([owner])).status, 201);
});

test("a kubelet asks for tokens of the audiences that its pods use", async () => {
  const { server } = await world();
  await using _ = server;
  const sources = [{ serviceAccountToken: { path: "t", audience: "vault" } }];
  const spec = {
    nodeName: "n1",
    volumes: [{ name: "v", projected: { sources } }],
    containers: [{ name: "c", image: "i" }],
  };
  const pod = (await get(server, `${NS}/pods`, { body: { metadata: { name: "p" }, spec } })).body as KubeObject;
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name: "p", uid: pod.metadata.uid };
  const ask = (audiences: string[]) =>
    get(server, `${NS}/serviceaccounts/default/token`, { ...NODE, body: { spec: { audiences, boundObjectRef } } });
  assert.equal(messageOf(await ask(["vault"])), "");
  assert.equal(messageOf(await ask([])), "");
  assert.match(
    messageOf(await ask(["bank"])),
    /audience "bank" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience$/,
  );
});
