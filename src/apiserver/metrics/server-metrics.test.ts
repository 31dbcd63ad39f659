// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, startServer } from "../server-fixture.test.ts";

test("/metrics counts requests by verb, resource and code, and stored objects", async () => {
  await using server = await startServer({
    processFigures: () => ({ cpuSeconds: 1.5, residentBytes: 1000, startTimeSeconds: 7 }),
  });
  await get(server, "/api/v1/namespaces/default/configmaps", { body: { metadata: { name: "a" } } });
  await get(server, "/api/v1/namespaces/default/configmaps/a");
  await get(server, "/api/v1/namespaces/default/configmaps/b");
  await get(server, "/api/v1/configmaps");
  const lines = String((await get(server, "/metrics")).body).split("\n");
  const configMaps = lines.filter((line) => line.startsWith("apiserver_request_total") && line.includes("configmaps"));
  assert.deepEqual(configMaps, [
    'apiserver_request_total{verb="POST",group="",version="v1",resource="configmaps",subresource="",scope="namespace",component="apiserver",code="201"} 1',
    'apiserver_request_total{verb="GET",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver",code="200"} 1',
    'apiserver_request_total{verb="GET",group="",version="v1",resource="configmaps",subresource="",scope="resource",component="apiserver",code="404"} 1',
    'apiserver_request_total{verb="LIST",group="",version="v1",resource="configmaps",subresource="",scope="cluster",component="apiserver",code="200"} 1',
  ]);
  assert.ok(lines.includes('apiserver_storage_objects{resource="configmaps"} 3'));
  assert.ok(lines.includes('apiserver_current_inflight_requests{request_kind="readOnly"} 1'));
  assert.ok(lines.includes("process_cpu_seconds_total 1.5"));
  assert.ok(lines.some((line) => line.startsWith('apiserver_request_duration_seconds_bucket{verb="LIST"')));
});
