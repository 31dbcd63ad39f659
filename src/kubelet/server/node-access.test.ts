// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Clock } from "../../base/index.ts";
import { Client, type ApiRequest, type ClientRequest } from "../../client/index.ts";
import { NodeAccess, subresourcesOf } from "./node-access.ts";

const decoder = new TextDecoder();

/** An API server that answers reviews; it notes what it was asked. */
function accessTo(answer: (path: string, body: { spec: Record<string, unknown> }) => object) {
  const asked: string[] = [];
  const transport = {
    async request(request: ClientRequest) {
      asked.push(request.path);
      const status = answer(
        request.path,
        JSON.parse(decoder.decode(request.body)) as { spec: Record<string, unknown> },
      );
      const bytes = new TextEncoder().encode(JSON.stringify({ status }));
      return { status: 201, headers: {}, bytes: async () => bytes, async *chunks() {} };
    },
  };
  const clock = { monotonicMs: () => 0 } as unknown as Clock;
  const access = new NodeAccess({ client: new Client({ transport, userAgent: "kubelet" }), nodeName: "n", clock });
  return { access, asked };
}

const request = (path: string, more: Partial<ApiRequest> = {}): ApiRequest => ({
  method: "GET",
  path,
  headers: {},
  signal: new AbortController().signal,
  peer: { address: "test" },
  ...more,
});

test("some paths have rights of their own", () => {
  assert.deepEqual(subresourcesOf("/stats/summary"), ["stats"]);
  assert.deepEqual(subresourcesOf("/metrics"), ["metrics"]);
  assert.deepEqual(subresourcesOf("/pods"), ["pods", "proxy"]);
  assert.deepEqual(subresourcesOf("/exec/a/b/c"), ["proxy"]);
});

test("who shows nothing is not let in", async () => {
  const { access, asked } = accessTo(() => ({}));
  await assert.rejects(access.check(request("/healthz")), { message: "Unauthorized" });
  assert.deepEqual(asked, []);
});

test("a certificate's holder is let in when the API server allows it, and asked about once", async () => {
  const certificate = { commonName: "api", organizations: ["system:masters"] };
  const { access, asked } = accessTo((_, { spec }) => ({ allowed: spec["user"] === "api" }));
  const peer = { address: "test", certificate };
  const user = await access.check(request("/exec/a/b/c", { method: "POST", peer }));
  await access.check(request("/exec/a/b/c", { method: "POST", peer }));
  assert.deepEqual(user.groups, ["system:masters", "system:authenticated"]);
  assert.deepEqual(asked, ["/apis/authorization.k8s.io/v1/subjectaccessreviews"]);
});

test("a token is reviewed, and its owner refused when the API server says no", async () => {
  const { access } = accessTo((path) =>
    path.includes("tokenreviews") ? { authenticated: true, user: { username: "sa", groups: [] } } : { allowed: false },
  );
  const headers = { authorization: "Bearer abc" };
  await assert.rejects(access.check(request("/containerLogs/a/b/c", { headers })), (error: Error) =>
    error.message.includes('User "sa" cannot get resource "nodes/proxy" in API group "" at the cluster scope'),
  );
});
