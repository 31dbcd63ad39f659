// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type Answer, type TestServer } from "../server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

async function withAccount(enforce: string): Promise<TestServer> {
  const server = await startServer({});
  await get(server, `${NS}/serviceaccounts`, {
    body: {
      metadata: { name: "a", annotations: { "kubernetes.io/enforce-mountable-secrets": enforce } },
      secrets: [{ name: "ok" }],
    },
  });
  return server;
}

const create = (server: TestServer, spec: object, name = "p"): Promise<Answer> =>
  get(server, `${NS}/pods`, {
    body: { metadata: { name }, spec: { containers: [{ name: "c", image: "i" }], serviceAccountName: "a", ...spec } },
  });

test("secrets that the account does not list are refused, however the annotation spells true", async () => {
  for (const enforce of ["true", "1", "TRUE", "t"]) {
    await using server = await withAccount(enforce);
    const volumes = [{ name: "v", secret: { secretName: "no" } }];
    assert.match(
      messageOf(await create(server, { volumes })),
      /^pods "p" is forbidden: volume with secret\.secretName="no" is not/,
    );
  }
  await using free = await withAccount("yes");
  assert.equal((await create(free, { volumes: [{ name: "v", secret: { secretName: "no" } }] })).status, 201);
});

test("variables of a whole secret count too", async () => {
  await using server = await withAccount("true");
  const containers = [{ name: "c", image: "i", envFrom: [{ secretRef: { name: "no" } }] }];
  assert.equal(
    messageOf(await create(server, { containers })),
    'pods "p" is forbidden: container c with envFrom referencing secret.secretName="no" is not allowed because service account a does not reference that secret',
  );
  assert.equal((await create(server, {})).status, 201);
  const ephemeral = await get(server, `${NS}/pods/p/ephemeralcontainers`, {
    method: "PATCH",
    headers: { "content-type": "application/strategic-merge-patch+json" },
    body: { spec: { ephemeralContainers: [{ ...containers[0], name: "e" }] } },
  });
  assert.equal(ephemeral.status, 500);
  assert.match(messageOf(ephemeral), /^ephemeral container e with envFrom referencing/);
});

test("an account whose name cannot be one is told apart from one that is missing", async () => {
  await using server = await withAccount("true");
  assert.equal(
    messageOf(await create(server, { serviceAccountName: "rec/x" })),
    'pods "p" is forbidden: error looking up service account default/rec/x: invalid resource name "rec/x": [may not contain \'/\']',
  );
});
