// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer, type TestServer } from "./server-fixture.test.ts";

const NS = "/api/v1/namespaces/default";
const PAGE = "404 page not found\n";
const NOT_FOUND = "the server could not find the requested resource";
const NOT_ALLOWED = "the server does not allow this method on the requested resource";

/** Status, and the message of a Status or a text; of other objects their kind. */
async function ask(server: TestServer, method: string, path: string): Promise<string> {
  const { status, body } = await get(server, path, { method });
  if (typeof body === "string") return `${status} ${body}`;
  const { kind, message } = body as { kind: string; message?: string };
  return `${status} ${message ?? kind}`;
}

type Case = readonly [method: string, path: string, expected: string];

async function check(cases: readonly Case[]): Promise<void> {
  await using server = await startServer({});
  for (const [method, path, expected] of cases) {
    assert.equal(await ask(server, method, path), expected, `${method} ${path}`);
  }
}

test("slashes at the end of a path make no other, steps without a name do", async () => {
  await check([
    ["GET", `${NS}/pods//`, "200 PodList"],
    ["GET", "/api/v1/namespaces//pods", "200 PodList"],
    ["GET", "/api/v1//namespaces", `404 ${NOT_FOUND}`],
    ["GET", `${NS}//pods`, `404 ${NOT_FOUND}`],
    ["GET", "/api/v1/namespaces//default", `404 ${NOT_FOUND}`],
    ["GET", "/apis/apps//v1/deployments", `404 ${NOT_FOUND}`],
    ["GET", "//api/v1/pods", `404 ${PAGE}`],
    ["GET", "/apis//v1/pods", `404 ${PAGE}`],
    ["GET", `${NS}/pods//log`, "400 name must be provided"],
    ["GET", "/api//", "200 APIVersions"],
    ["POST", "/version//", `405 ${NOT_ALLOWED}`],
    ["GET", "/apis/apps//", "200 APIGroup"],
    ["POST", "/apis/apps//", `405 ${NOT_ALLOWED}`],
    ["GET", "/metrics//", `404 ${PAGE}`],
  ]);
});

test("names that nothing can have are told so", async () => {
  await check([
    ["GET", "/api/v1/namespaces/.", `400 Name parameter invalid: ".": may not be '.'`],
    ["GET", `${NS}/configmaps/..`, `400 Name parameter invalid: "..": may not be '..'`],
    ["DELETE", `${NS}/configmaps/a%25b`, `400 Name parameter invalid: "a%b": may not contain '%'`],
    ["GET", `${NS}/configmaps/a`, '404 configmaps "a" not found'],
  ]);
});

test("what is not served is not found, whatever the method; what is served has its methods", async () => {
  await check([
    ["HEAD", `${NS}/pods/x/nothing`, `404 ${NOT_FOUND}`],
    ["GET", `${NS}/pods/x/status/more`, `404 ${NOT_FOUND}`],
    ["HEAD", `${NS}/pods/x/log`, `405 ${NOT_ALLOWED}`],
    ["HEAD", `${NS}/pods/x`, `405 ${NOT_ALLOWED}`],
    ["HEAD", "/api/v1/componentstatuses", `405 ${NOT_ALLOWED}`],
    ["PUT", "/api/v1/watch/namespaces", `405 ${NOT_ALLOWED}`],
    ["OPTIONS", "/api/v1/watch/namespaces", `405 ${NOT_ALLOWED}`],
    ["OPTIONS", "/apis/apps/v9/deployments", `404 ${NOT_FOUND}`],
    ["OPTIONS", "/apis/nothing/v1/deployments", `404 ${PAGE}`],
  ]);
});
