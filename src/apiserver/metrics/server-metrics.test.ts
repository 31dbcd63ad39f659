// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { get, startServer } from "../server-fixture.test.ts";

const DATA = new URL("../../../../shared/data/kubernetes-v1.35/discovery/metrics.txt", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

const FIGURES = {
  cpuSeconds: 1.5,
  residentBytes: 1000,
  startTimeSeconds: 7,
  virtualBytes: 2000,
  openFiles: 3,
  maxOpenFiles: 4,
};

type Server = Awaited<ReturnType<typeof startServer>>;
const metricsServer = () => startServer({ processFigures: () => FIGURES });

async function linesOf(server: Server): Promise<string[]> {
  return String((await get(server, "/metrics")).body).split("\n");
}

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

test("/metrics counts requests by verb, resource and code", async () => {
  await using server = await metricsServer();
  await get(server, CONFIG_MAPS, { body: { metadata: { name: "a" } } });
  await get(server, `${CONFIG_MAPS}?dryRun=All`, { body: { metadata: { name: "b" } } });
  await get(server, `${CONFIG_MAPS}/a`);
  await get(server, `${CONFIG_MAPS}/b`);
  await get(server, "/api/v1/configmaps");
  await get(server, `${CONFIG_MAPS}/a?fieldManager=x`, {
    method: "PATCH",
    body: { apiVersion: "v1", kind: "ConfigMap" },
    headers: { "content-type": "application/apply-patch+yaml" },
  });
  const lines = await linesOf(server);
  const labels = (code: number, dryRun: string, scope: string, verb: string): string =>
    `apiserver_request_total{code="${code}",component="apiserver",dry_run="${dryRun}",group="",resource="configmaps",` +
    `scope="${scope}",subresource="",verb="${verb}",version="v1"} 1`;
  assert.deepEqual(lines.filter((line) => /^apiserver_request_total.*configmaps/.test(line)).sort(), [
    labels(200, "", "cluster", "LIST"),
    labels(200, "", "resource", "APPLY"),
    labels(200, "", "resource", "GET"),
    labels(201, "", "resource", "POST"),
    labels(201, "All", "resource", "POST"),
    labels(404, "", "resource", "GET"),
  ]);
  assert.ok(lines.includes('apiserver_current_inflight_requests{request_kind="readOnly"} 1'));
  assert.ok(
    lines.some((line) =>
      /^apiserver_request_duration_seconds_bucket\{.*verb="LIST",version="v1",le="0.005"/.test(line),
    ),
  );
  assert.ok(
    lines.some((line) => /^apiserver_response_sizes_bucket\{.*verb="GET",version="v1",le="1e\+06"\} 2$/.test(line)),
  );
  const objective =
    /^apiserver_request_sli_duration_seconds_count\{component="apiserver",.*scope="cluster".*verb="LIST"/;
  assert.ok(lines.some((line) => objective.test(line)));
  assert.ok(lines.includes('apiserver_request_body_size_bytes_count{group="",resource="configmaps",verb="create"} 2'));
});

test("/metrics tells who asked, what was allowed, and how long admission took", async () => {
  await using server = await metricsServer();
  await get(server, CONFIG_MAPS, { body: { metadata: { name: "a" } } });
  await get(server, "/api", { user: undefined, headers: { authorization: "Bearer nope" } });
  await get(server, "/api/v1/secrets", { user: undefined });
  await get(server, "/api/v1/componentstatuses");
  const lines = await linesOf(server);
  assert.ok(lines.includes('authentication_attempts{result="error"} 1'));
  assert.ok(lines.includes('authorization_attempts_total{result="no-opinion"} 1'));
  const step =
    'apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="false",type="admit"}';
  assert.ok(lines.some((line) => line.startsWith(step)));
  assert.ok(lines.some((line) => /^apiserver_admission_controller_.*_count\{name="NamespaceLifecycle"/.test(line)));
  const deprecated = 'group="",removed_release="",resource="componentstatuses",subresource="",version="v1"';
  assert.ok(lines.includes(`apiserver_requested_deprecated_apis{${deprecated}} 1`));
});

test("/metrics tells what is stored, and what the process costs", async () => {
  await using server = await metricsServer();
  const lines = await linesOf(server);
  assert.ok(lines.includes('apiserver_storage_objects{resource="configmaps"} 2'));
  assert.ok(lines.includes('apiserver_resource_objects{group="scheduling.k8s.io",resource="priorityclasses"} 2'));
  assert.ok(lines.includes("process_cpu_seconds_total 1.5"));
  assert.ok(lines.includes("process_open_fds 3"));
});

test("a metric that was reset counts from nothing again", async () => {
  await using server = await metricsServer();
  await get(server, CONFIG_MAPS);
  assert.equal((await get(server, "/metrics", { method: "DELETE" })).body, "metrics reset\n");
  const counts = (await linesOf(server)).filter((line) => /^apiserver_request_total.*configmaps/.test(line));
  assert.ok(counts.length > 0 && counts.every((line) => line.endsWith(" 0")));
});

/** Names that are not served, by why. */
const NOT_SERVED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^go_/, "of Go's runtime"],
  [
    /^grpc_client_|^etcd_|_storage_(?:size|list|events)|_cache_list_|^watch_cache_capacity/,
    "of etcd and how upstream reads it",
  ],
  [
    /^rest_client_|^workqueue_|_selfrequest_/,
    "of clients and queues inside upstream's server; here they are no HTTP clients",
  ],
  [/_flowcontrol_|_inqueue_/, "of flow control, which is not there"],
  [/_audit_/, "of audit logs, which are not there"],
  [/_envelope_|_data_key_/, "of encryption at rest, which is not there"],
  [/_cel_|_webhooks_|_ratcheting_|^aggregator_|_kube_aggregator_/, "of policies, webhooks and aggregation"],
  [
    /_size_estimate_|_watch_events_|_watch_cache_(?:events|initializations|read)/,
    "a change is sent to all watchers as one chunk, and sizes are not estimated",
  ],
  [/_allocator_|_nodeport_repair_/, "allocation works differently"],
  [/^serviceaccount_|^pod_security_|_client_certificate_|_tls_handshake_/, "not counted yet"],
  [/_filter_duration_|_timestamp_comparison_|^field_validation_|_validation_/, "not counted yet"],
  [
    /_summary$|^(?:disabled|hidden|registered)_metrics_|^cardinality_|^kubernetes_feature_/,
    "of upstream's own metrics library and feature gates",
  ],
  [/^process_network_|^process_virtual_memory_max_/, "Node.js does not tell"],
];

test("every metric has upstream's name and type; those not served are explained", { skip }, async () => {
  await using server = await metricsServer();
  await get(server, CONFIG_MAPS, { body: { metadata: { name: "a" } } });
  const upstream = new Map(
    readFileSync(DATA, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
  const served = (await linesOf(server))
    .filter((line) => line.startsWith("# TYPE "))
    .map((line) => line.split(" ").slice(2) as [string, string]);
  assert.ok(served.length > 20);
  for (const [name, type] of served) assert.equal(upstream.get(name), type, name);
  const names = new Set(served.map(([name]) => name));
  const absent = [...upstream.keys()].filter((name) => !names.has(name));
  assert.deepEqual(
    absent.filter((name) => !NOT_SERVED.some(([pattern]) => pattern.test(name))),
    [],
  );
  const needless = NOT_SERVED.filter(([pattern]) => !absent.some((name) => pattern.test(name)));
  assert.deepEqual(needless, []);
});
