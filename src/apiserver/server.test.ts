// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { KubeObject } from "../apimachinery/index.ts";
import { get, startServer } from "./server-fixture.test.ts";

const DATA = new URL("../../../shared/data/kubernetes-v1.35/bootstrap/api-server-alone.json", import.meta.url);
const skip = existsSync(DATA) ? false : "shared/data is not beside the checkout";

const GROUPS: Readonly<Record<string, string>> = {
  apiservices: "apiregistration.k8s.io",
  clusterrolebindings: "rbac.authorization.k8s.io",
  clusterroles: "rbac.authorization.k8s.io",
  "endpointslices.discovery.k8s.io": "discovery.k8s.io",
  flowschemas: "flowcontrol.apiserver.k8s.io",
  ipaddresses: "networking.k8s.io",
  priorityclasses: "scheduling.k8s.io",
  prioritylevelconfigurations: "flowcontrol.apiserver.k8s.io",
  rolebindings: "rbac.authorization.k8s.io",
  roles: "rbac.authorization.k8s.io",
  servicecidrs: "networking.k8s.io",
};

const PLACEHOLDERS: Readonly<Record<string, unknown>> = { "192.0.2.2": "<ip>", "16443": "<port>", PEM: "<ca>" };

/** Takes out what differs from server to server, as the recorded data does. */
function plain(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (typeof value === "object" && value !== null) {
    const kept = Object.entries(value).filter(
      ([name]) => !["uid", "resourceVersion", "creationTimestamp", "managedFields"].includes(name),
    );
    return Object.fromEntries(kept.map(([name, inner]) => [name, plain(inner, name)]));
  }
  if (key === "lastTransitionTime" || key === "renewTime") return "<time>";
  return PLACEHOLDERS[String(value)] ?? value;
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;

test("a fresh cluster holds exactly what upstream's holds", { skip }, async () => {
  await using server = await startServer({ serviceCidrs: ["10.0.0.0/24"] });
  const expected = JSON.parse(readFileSync(DATA, "utf8")) as Record<string, KubeObject[]>;
  for (const [resource, theirs] of Object.entries(expected)) {
    if (resource === "leases") continue;
    const store = server.api.stores.find(GROUPS[resource] ?? "", resource.split(".")[0]!);
    const { items } = await store!.list("");
    const own = Object.fromEntries(items.map((item) => [nameOf(item as KubeObject), plain(item)]));
    const wanted = Object.fromEntries(theirs.map((item) => [nameOf(item), item]));
    if (resource === "configmaps") {
      (wanted["kube-system/kube-apiserver-legacy-service-account-token-tracking"]!["data"] as { since: string }).since =
        "2026-01-01";
    }
    assert.deepEqual(own, wanted, resource);
  }
});

test("a second start changes nothing", async () => {
  await using server = await startServer({});
  const stored = async (): Promise<Map<string, number>> => {
    const { items } = await server.store.range("/registry/", { signal: server.signal });
    return new Map(items.filter(({ key }) => !key.includes("/leases/")).map(({ key, revision }) => [key, revision]));
  };
  const before = await stored();
  await using _again = await startServer({ store: server.store, clock: server.clock });
  assert.deepEqual(await stored(), before);
});

test("a second start brings back what was deleted or taken away, and leaves what an owner keeps", async () => {
  await using server = await startServer({});
  const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  const patch = (path: string, body: object) =>
    get(server, path, { method: "PATCH", body, headers: { "content-type": "application/merge-patch+json" } });
  await patch(`${roles}/system:node-proxier`, { rules: [] });
  const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
  await patch(`${roles}/system:kube-dns`, { metadata: { annotations }, rules: [] });
  await get(server, `${roles}/system:heapster`, { method: "DELETE" });
  const registration = "/apis/apiregistration.k8s.io/v1/apiservices/v1.apps";
  await patch(registration, { spec: { versionPriority: 1 } });
  const level = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/workload-low";
  await patch(level, { spec: { limited: { nominalConcurrencyShares: 7 } } });
  await using again = await startServer({ store: server.store, clock: server.clock });
  const rules = async (name: string): Promise<number> =>
    ((await get(again, `${roles}/${name}`)).body as { rules?: unknown[] | null }).rules?.length ?? 0;
  assert.ok((await rules("system:node-proxier")) > 0);
  assert.equal(await rules("system:kube-dns"), 0);
  assert.ok((await rules("system:heapster")) > 0);
  const spec = async (path: string) => ((await get(again, path)).body as { spec: Record<string, unknown> }).spec;
  assert.equal((await spec(registration))["versionPriority"], 15);
  const limited = (await spec(level))["limited"] as { nominalConcurrencyShares: number };
  assert.equal(limited.nominalConcurrencyShares, 100);
});

test("anybody may ask whether the server is ready, and nobody unknown anything else", async () => {
  await using server = await startServer({});
  assert.deepEqual(await get(server, "/readyz", { user: undefined }), { status: 200, body: "ok" });
  const { status, body } = await get(server, "/metrics", { user: undefined });
  assert.equal(status, 403);
  assert.equal((body as { message: string }).message, 'forbidden: User "system:anonymous" cannot get path "/metrics"');
});

test("a token that nobody knows is refused", async () => {
  await using server = await startServer({});
  const { status, body } = await get(server, "/api", { user: undefined, headers: { authorization: "Bearer nope" } });
  assert.equal(status, 401);
  assert.deepEqual(body, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Unauthorized",
    reason: "Unauthorized",
    code: 401,
  });
});

test("a server says by a lease that it lives, and removes those of servers that are gone", async () => {
  await using server = await startServer({ hostname: "one" });
  const leases = async () => {
    const { items } = await server.api.stores.find("coordination.k8s.io", "leases")!.list("kube-system");
    return items.map(({ metadata, spec }) => ({
      host: metadata.labels!["kubernetes.io/hostname"],
      spec: spec as { leaseDurationSeconds: number },
    }));
  };
  await server.clock.advance(1);
  assert.deepEqual(
    (await leases()).map(({ host, spec }) => [host, spec.leaseDurationSeconds]),
    [["one", 3600]],
  );
  await server.api.stop();
  await server.clock.advance(2 * 3_600_000);
  await using other = await startServer({ hostname: "two", store: server.store, clock: server.clock });
  await other.clock.advance(1);
  const { items } = await other.api.stores.find("coordination.k8s.io", "leases")!.list("kube-system");
  assert.deepEqual(
    items.map(({ metadata }) => metadata.labels!["kubernetes.io/hostname"]),
    ["two"],
  );
});

test("two servers over one store both stand in the endpoints of the kubernetes Service", async () => {
  await using one = await startServer({ hostname: "one" });
  await one.clock.advance(1);
  const advertise = { address: "192.0.2.3", port: 16443 };
  await using two = await startServer({ hostname: "two", store: one.store, clock: one.clock, advertise });
  const slice = await two.api.stores.find("discovery.k8s.io", "endpointslices")!.get("default", "kubernetes");
  const addresses = (slice["endpoints"] as { addresses: string[] }[]).flatMap((endpoint) => endpoint.addresses);
  assert.deepEqual(addresses, ["192.0.2.2", "192.0.2.3"]);
});

test("a kind that comes at run time is discovered, described, stored and authorised like any other", async () => {
  await using server = await startServer({});
  const { schemas } = server.api.kinds.find("", "v1", "configmaps")!;
  const shape = schemas.type("io.k8s.api.core.v1.ConfigMap");
  const registry = { has: () => true, type: (name: string) => (name === "Boat" ? shape : schemas.type(name)) };
  server.api.kinds.add({
    kind: {
      group: "ships.example.com",
      version: "v1",
      kind: "Boat",
      resource: "boats",
      singular: "boat",
      namespaced: true,
      type: "Boat",
    },
    schemas: registry,
  });
  const path = "/apis/ships.example.com/v1";
  const discovered = (await get(server, path)).body as { resources: { name: string }[] };
  assert.deepEqual(
    discovered.resources.map(({ name }) => name),
    ["boats"],
  );
  const openApi = (await get(server, `/openapi/v3${path}`)).body as {
    components: { schemas: Record<string, unknown> };
  };
  assert.ok(openApi.components.schemas["Boat"]);
  const boats = `${path}/namespaces/default/boats`;
  assert.equal((await get(server, boats, { body: { metadata: { name: "a" }, data: { x: "y" } } })).status, 201);
  assert.deepEqual(((await get(server, `${boats}/a`)).body as KubeObject)["data"], { x: "y" });
  assert.equal((await get(server, boats, { user: ["alice"] })).status, 403);
  server.api.kinds.remove("ships.example.com", "v1", "boats");
  assert.equal((await get(server, `${boats}/a`)).status, 404);
  assert.equal((await get(server, path)).status, 404);
});

test("a body that was too large is refused where it is read, after everything else", async () => {
  await using server = await startServer({});
  const ask = async (
    path: string,
    method = "POST",
    peer: object = { commonName: "a", organizations: ["system:masters"] },
  ) => {
    const headers = { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" };
    const certificate = peer as { commonName: string; organizations: string[] };
    const { signal } = server;
    const request = { method, path, headers, bodyTooLarge: true, signal, peer: { address: "test", certificate } };
    const { status, headers: answered } = await server.api.handler.handle(request);
    assert.match(String(answered["audit-id"]), /^[0-9a-f-]{36}$/);
    return status;
  };
  assert.equal(await ask("/api/v1/namespaces"), 413);
  assert.equal(await ask("/api/v1/namespaces/default", "PUT"), 413);
  assert.equal(await ask("/api/v1/namespaces/default", "PATCH"), 413);
  assert.equal(await ask("/api/v1/namespaces/default", "DELETE"), 413);
  assert.equal(await ask("/api/v1/namespaces", "POST", { commonName: "b", organizations: [] }), 403);
  assert.equal(await ask("/api/v1/nothings"), 404);
  assert.equal(await ask("/version"), 405);
});
