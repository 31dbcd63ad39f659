// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { requestInfoOf } from "./request-info.ts";

/** verb group/version namespace resource/subresource name */
function read(method: string, path: string): string {
  const info = requestInfoOf(method, path);
  if (!info.isResourceRequest) return `${info.verb} ${info.path}`;
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  return `${info.verb} ${info.group}/${info.version} [${info.namespace}] ${resource} ${info.name}`.trim();
}

test("what a request is about is read as upstream reads it", () => {
  const cases: readonly [method: string, path: string, expected: string][] = [
    ["GET", "/api/v1/namespaces", "list /v1 [] namespaces"],
    ["GET", "/api/v1/namespaces/x", "get /v1 [x] namespaces x"],
    ["PUT", "/api/v1/namespaces/x/finalize", "update /v1 [x] namespaces/finalize x"],
    ["GET", "/api/v1/namespaces/x/pods", "list /v1 [x] pods"],
    ["GET", "/api/v1/namespaces/x/pods?watch=1", "watch /v1 [x] pods"],
    ["GET", "/api/v1/namespaces/x/pods?watch=false", "list /v1 [x] pods"],
    ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Da", "list /v1 [] pods a"],
    ["DELETE", "/api/v1/namespaces/x/pods", "deletecollection /v1 [x] pods"],
    ["POST", "/api/v1/namespaces/x/pods/a/binding", "create /v1 [x] pods/binding a"],
    ["PATCH", "/apis/apps/v1/namespaces/x/deployments/a/scale", "patch apps/v1 [x] deployments/scale a"],
    ["GET", "/api/v1/watch/pods", "watch /v1 [] pods"],
    ["GET", "/api/v1/nodes/n/proxy/stats/summary", "get /v1 [] nodes/proxy n"],
    ["HEAD", "/api/v1/namespaces/x/pods/a%20b", "get /v1 [x] pods a b"],
    ["GET", "/apis/apps/v1", "get /apis/apps/v1"],
    ["GET", "/api/v1", "get /api/v1"],
    ["GET", "/healthz", "get /healthz"],
    ["GET", "//api/v1/namespaces/x/pods//", "list /v1 [x] pods"],
    ["GET", "/api/v1/namespaces//pods", "list /v1 [] pods"],
    ["GET", "/api/v1/namespaces/x//pods", "get /v1 [x]  pods"],
    ["GET", "/api/v1/namespaces/x/pods//log", "list /v1 [x] pods/log"],
    ["POST", "/other/api/v1/pods", "post /other/api/v1/pods"],
  ];
  for (const [method, path, expected] of cases) assert.equal(read(method, path), expected, `${method} ${path}`);
});
