// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PathRouter } from "../chain/path-router.ts";
import { requestInfoOf } from "../chain/request-info.ts";
import type { RequestContext } from "../request-context.ts";
import { HealthChecks } from "./health-checks.ts";
import { serverChecks, type ServerState } from "./server-checks.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/discovery/", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

const healthy: ServerState = {
  storeAnswers: async () => {},
  cachesFilled: () => true,
  bootstrapped: () => true,
  stopping: () => false,
};

async function get(state: ServerState, path: string): Promise<{ status: number; text: string }> {
  const router = new PathRouter();
  const checks = new HealthChecks(() => {});
  checks.add(...serverChecks(state));
  checks.register(router);
  const context = { info: requestInfoOf("GET", path) } as RequestContext;
  const { status, body } = await router.handle(context);
  return { status, text: body.type === "bytes" ? new TextDecoder().decode(body.bytes) : "" };
}

test("livez and readyz list upstream's checks in upstream's order", { skip }, async () => {
  for (const root of ["livez", "readyz"]) {
    const expected = readFileSync(new URL(`${root}.txt`, DATA), "utf8");
    const { status, text } = await get(healthy, `/${root}?verbose`);
    assert.equal(status, 200);
    assert.equal(text.trimEnd(), expected.trimEnd());
  }
});

test("a server that is healthy says ok and nothing else", async () => {
  assert.deepEqual(await get(healthy, "/readyz"), { status: 200, text: "ok" });
  assert.deepEqual(await get(healthy, "/livez/etcd"), { status: 200, text: "ok" });
  assert.equal((await get(healthy, "/livez/foo")).status, 404);
  assert.equal((await get(healthy, "/livez/shutdown")).status, 404);
});

test("a check that fails fails readyz, unless it is left out", async () => {
  const stopping = { ...healthy, stopping: () => true };
  const { status, text } = await get(stopping, "/readyz");
  assert.equal(status, 500);
  assert.match(text, /\[-\]shutdown failed: reason withheld\nreadyz check failed\n$/);
  assert.equal((await get(stopping, "/readyz?exclude=shutdown")).status, 200);
  assert.equal((await get(stopping, "/livez")).status, 200);
});

test("/metrics/slis counts what each check said", async () => {
  const checks = new HealthChecks(() => {});
  const router = new PathRouter();
  checks.add({ name: "one", check() {} }, { name: "two", check: () => Promise.reject(new Error("no")) });
  checks.register(router);
  await router.handle({ info: requestInfoOf("GET", "/livez") } as RequestContext);
  await router.handle({ info: requestInfoOf("GET", "/livez?exclude=one") } as RequestContext);
  const lines = checks.metrics.text().split("\n");
  assert.ok(lines.includes('kubernetes_healthcheck{name="one",type="livez"} 1'));
  assert.ok(lines.includes('kubernetes_healthcheck{name="two",type="livez"} 0'));
  assert.ok(lines.includes('kubernetes_healthchecks_total{name="one",status="success",type="livez"} 1'));
  assert.ok(lines.includes('kubernetes_healthchecks_total{name="two",status="error",type="livez"} 2'));
});
