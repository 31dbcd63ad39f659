// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import type { Filter } from "../request-context.ts";
import { get, startServer } from "../server-fixture.test.ts";

test("a write passes every place of the chain and of admission once, in order", async () => {
  const passed: string[] = [];
  const probe = (name: string): Filter => ({
    name,
    handle(context, next) {
      passed.push(`${name} as ${context.user.name}`);
      return next(context);
    },
  });
  const plugin = (name: string): AdmissionPlugin => ({
    name,
    handles: ({ resource, name: object }) => resource === "configmaps" && object === "a",
    ...(name.startsWith("mutating")
      ? { admit: () => void passed.push(name) }
      : { validate: () => void passed.push(name) }),
  });
  await using server = await startServer({
    places: {
      audit: probe("audit"),
      flowControl: probe("flowControl"),
      mutatingPolicies: plugin("mutatingPolicies"),
      mutatingWebhooks: plugin("mutatingWebhooks"),
      validatingPolicies: plugin("validatingPolicies"),
      validatingWebhooks: plugin("validatingWebhooks"),
      resourceQuota: plugin("resourceQuota"),
    },
  });
  passed.length = 0;
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  const headers = { "impersonate-user": "alice", "impersonate-group": "system:masters" };
  const { status } = await get(server, "/api/v1/namespaces/default/configmaps", { body, headers });
  assert.equal(status, 201);
  assert.deepEqual(passed, [
    "audit as admin",
    "flowControl as alice",
    "mutatingPolicies",
    "mutatingWebhooks",
    "validatingPolicies",
    "validatingWebhooks",
    "resourceQuota",
  ]);
});

test("a place may answer instead of passing on", async () => {
  const busy: Filter = {
    name: "flowControl",
    handle: async () => ({ status: 429, headers: { "retry-after": "1" }, body: { type: "empty" } }),
  };
  await using server = await startServer({ places: { flowControl: busy } });
  assert.equal((await get(server, "/version")).status, 429);
});

test("a bug in an endpoint is an answer, not the end of the server", async () => {
  const broken: Filter = {
    name: "audit",
    handle() {
      throw new TypeError("x is not a function");
    },
  };
  await using server = await startServer({ places: { audit: broken } });
  const { status, body } = await get(server, "/version");
  assert.equal(status, 500);
  assert.equal((body as { message: string }).message, "x is not a function");
});

test("a path that says how to read and not what is no request", async () => {
  await using server = await startServer({});
  const { status, body } = await get(server, "/api/v1/watch?a=1&b=2");
  const shown = "/api/v1/watch?a=1&amp;b=2";
  assert.equal(status, 500);
  assert.equal(
    body,
    `Internal Server Error: "${shown}": failed to create RequestInfo: unable to determine kind and namespace from url, ${shown}\n`,
  );
});
