// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/index.ts";
import { get, startServer, type Answer, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

async function withRanges(...ranges: object[][]): Promise<TestServer> {
  const server = await startServer({});
  await get(server, `${NS}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  for (const [i, limits] of ranges.entries()) {
    const made = await get(server, `${NS}/limitranges`, { body: { metadata: { name: `r${i}` }, spec: { limits } } });
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  return server;
}

const container = (name: string, requests?: object, limits?: object, more: object = {}) => ({
  name,
  image: "i",
  resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
  ...more,
});

const create = (server: TestServer, spec: object): Promise<Answer> =>
  get(server, `${NS}/pods`, { body: { metadata: { name: "p" }, spec } });

test("a pod's bounds count init containers, sidecars and what it states as a whole", async () => {
  await using server = await withRanges([{ type: "Pod", max: { cpu: "1" } }]);
  const main = container("c", undefined, { cpu: "500m" });
  const refused = (limit: string) => `pods "p" is forbidden: maximum cpu usage per Pod is 1, but limit is ${limit}`;
  const init = await create(server, { containers: [main], initContainers: [container("i", undefined, { cpu: "2" })] });
  assert.equal(messageOf(init), refused("2"));
  const sidecar = container("s", undefined, { cpu: "600m" }, { restartPolicy: "Always" });
  assert.equal(messageOf(await create(server, { containers: [main], initContainers: [sidecar] })), refused("1100m"));
  const whole = { requests: { cpu: "600m" }, limits: { cpu: "900m" } };
  assert.equal((await create(server, { containers: [container("c")], resources: whole })).status, 201);
});

test("of several ranges the first fills, and the first that refuses speaks alone", async () => {
  await using server = await withRanges(
    [{ type: "Container", default: { cpu: "100m" }, defaultRequest: { cpu: "50m" }, max: { cpu: "1", memory: "1Gi" } }],
    [{ type: "Container", default: { cpu: "200m", memory: "2Gi" }, defaultRequest: { memory: "1Mi" } }],
  );
  const amounts = { cpu: "2", memory: "2Gi" };
  const refused = await create(server, { containers: [container("c", amounts, amounts)] });
  assert.match(
    messageOf(refused),
    /^pods "p" is forbidden: \[maximum cpu .* but limit is 2, maximum memory .* but limit is 2Gi\]$/,
  );
  const made = await create(server, { containers: [container("c", undefined, { memory: "1Gi" })] });
  const { spec, metadata } = made.body as Pod;
  assert.deepEqual(spec.containers[0]!.resources, {
    limits: { cpu: "100m", memory: "1Gi" },
    requests: { cpu: "50m", memory: "1Gi" },
  });
  assert.equal(
    metadata.annotations!["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: cpu request for container c; cpu limit for container c",
  );
});

test("a claim is bounded by what it requests", async () => {
  await using server = await withRanges([{ type: "PersistentVolumeClaim", max: { storage: "1Gi" } }]);
  const claim = (storage: string) =>
    get(server, `${NS}/persistentvolumeclaims`, {
      body: { metadata: { name: "c" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } } },
    });
  assert.equal(
    messageOf(await claim("2Gi")),
    'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
  );
  assert.equal((await claim("1Gi")).status, 201);
});

test("a range bounds its own namespace, and nothing once it is gone", async () => {
  await using server = await withRanges([{ type: "Pod", max: { cpu: "1" } }]);
  const other = "/api/v1/namespaces/other";
  await get(server, "/api/v1/namespaces", { body: { metadata: { name: "other" } } });
  await get(server, `${other}/serviceaccounts`, { body: { metadata: { name: "default" } } });
  const spec = { containers: [container("c", undefined, { cpu: "2" })] };
  const made = await get(server, `${other}/pods`, { body: { metadata: { name: "p" }, spec } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal((await create(server, spec)).status, 403);
  await get(server, `${NS}/limitranges/r0`, { method: "DELETE" });
  assert.equal((await create(server, spec)).status, 201);
});
