// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service, ServiceSpec } from "../../../api/index.ts";
import { get, startServer, type Answer, type TestServer } from "../../server-fixture.test.ts";

const SERVICES = "/api/v1/namespaces/default/services";

const service = (name: string, spec: ServiceSpec = {}) => ({
  metadata: { name },
  spec: { type: "ClusterIP", ports: [{ port: 80, protocol: "TCP" }], ...spec },
});

const create = (server: TestServer, name: string, spec?: ServiceSpec, query = ""): Promise<Answer> =>
  get(server, SERVICES + query, { body: service(name, spec) });

async function created(server: TestServer, name: string, spec?: ServiceSpec): Promise<ServiceSpec> {
  const { status, body } = await create(server, name, spec);
  assert.equal(status, 201, JSON.stringify(body));
  return (body as Service).spec!;
}

const messageOf = ({ body }: Answer): string => (body as { message: string }).message;

async function addresses(server: TestServer): Promise<string[]> {
  const { items } = await server.api.stores.find("networking.k8s.io", "ipaddresses")!.list("");
  return items.map(({ metadata }) => metadata.name!).sort();
}

test("each Service has an address of its own, given back with it", async () => {
  await using server = await startServer({ serviceCidrs: ["10.0.0.0/24"] });
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = await created(server, "a");
  assert.match(clusterIP!, /^10\.0\.0\.\d+$/);
  assert.deepEqual(clusterIPs, [clusterIP]);
  assert.deepEqual([ipFamilies, ipFamilyPolicy], [["IPv4"], "SingleStack"]);
  assert.deepEqual(await addresses(server), ["10.0.0.1", clusterIP!].sort());
  await get(server, `${SERVICES}/a`, { method: "DELETE" });
  assert.deepEqual(await addresses(server), ["10.0.0.1"]);
});

test("many Services made at once never share an address", async () => {
  await using server = await startServer({ serviceCidrs: ["10.0.0.0/26"] });
  const answers = await Promise.all(Array.from({ length: 61 }, (_, i) => created(server, `s${i}`)));
  assert.equal(new Set(answers.map(({ clusterIP }) => clusterIP)).size, 61);
  const full = await create(server, "one-more");
  assert.equal(full.status, 500);
  assert.equal(messageOf(full), "Internal error occurred: failed to allocate a serviceIP: range is full");
});

test("an address that is asked for must be free and in the range", async () => {
  await using server = await startServer({ serviceCidrs: ["10.0.0.0/24"] });
  await created(server, "a", { clusterIP: "10.0.0.20" });
  const taken = await create(server, "b", { clusterIP: "10.0.0.20" });
  assert.equal(
    messageOf(taken),
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.0.0.20"]: failed to allocate IP 10.0.0.20: provided IP is already allocated',
  );
  // The first and the last address of a range belong to nobody.
  for (const outside of ["10.1.0.20", "10.0.0.0", "10.0.0.255"])
    assert.equal(
      messageOf(await create(server, "b", { clusterIP: outside })),
      `Service "b" is invalid: spec.clusterIPs: Invalid value: ["${outside}"]: failed to allocate IP ${outside}: the provided network does not match the current range`,
    );
});

test("headless Services and external names have no address", async () => {
  await using server = await startServer({});
  assert.equal((await created(server, "a", { clusterIP: "None", selector: { app: "a" } })).clusterIP, "None");
  const external = await created(server, "b", { type: "ExternalName", externalName: "example.com" });
  assert.equal(external.clusterIP, undefined);
  assert.equal((await addresses(server)).length, 1);
});

test("a dry run takes nothing", async () => {
  await using server = await startServer({});
  const { status } = await create(server, "a", { type: "NodePort" }, "?dryRun=All");
  assert.equal(status, 201);
  assert.equal((await addresses(server)).length, 1);
});

test("node ports are shared by nobody, and free again after a change of type", async () => {
  await using server = await startServer({ nodePortRange: { first: 30_000, last: 30_003 } });
  const { ports } = await created(server, "a", { type: "NodePort" });
  const nodePort = ports![0]!.nodePort!;
  const taken = await create(server, "b", { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort }] });
  assert.equal(
    messageOf(taken),
    `Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
  );
  const far = await create(server, "b", { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 9 }] });
  assert.equal(
    messageOf(far),
    'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 9: provided port is not in the valid range. The range of valid ports is 30000-30003',
  );
  const headers = { "content-type": "application/merge-patch+json" };
  const body = { spec: { type: "ClusterIP", ports: [{ port: 80, protocol: "TCP" }] } };
  assert.equal((await get(server, `${SERVICES}/a`, { method: "PATCH", headers, body })).status, 200);
  await created(server, "b", { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort }] });
});

test("an update that leaves out what was given out keeps it", async () => {
  await using server = await startServer({});
  const before = await created(server, "a", { type: "NodePort" });
  const put = await get(server, `${SERVICES}/a`, { method: "PUT", body: service("a", { type: "NodePort" }) });
  const after = (put.body as Service).spec!;
  assert.equal(after.clusterIP, before.clusterIP);
  assert.equal(after.ports![0]!.nodePort, before.ports![0]!.nodePort);
});

test("what a killed server took and never used is given back after a minute", async () => {
  await using server = await startServer({ serviceCidrs: ["10.0.0.0/24"] });
  const leaked = {
    metadata: { name: "10.0.0.99", labels: { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
    spec: { parentRef: { resource: "services", namespace: "default", name: "never-written" } },
  };
  await get(server, "/apis/networking.k8s.io/v1/ipaddresses", { body: leaked });
  assert.deepEqual(await addresses(server), ["10.0.0.1", "10.0.0.99"]);
  await server.api.stop();
  const { store, clock } = server;
  await using again = await startServer({ serviceCidrs: ["10.0.0.0/24"], store, clock });
  await clock.advance(59_000);
  assert.equal((await addresses(again)).length, 2);
  await clock.advance(2_000);
  assert.deepEqual(await addresses(again), ["10.0.0.1"]);
});

async function putMessage(server: TestServer, name: string, spec: ServiceSpec): Promise<string> {
  const answer = await get(server, `${SERVICES}/${name}`, { method: "PUT", body: service(name, spec) });
  return `${answer.status} ${messageOf(answer)}`;
}

test("addresses and families that make no sense are told before anything else is looked at", async () => {
  await using server = await startServer({});
  await created(server, "a", { type: "NodePort" });
  assert.equal(
    await putMessage(server, "a", { clusterIP: "text", sessionAffinity: "Bogus" }),
    '422 Service "a" is invalid: spec.clusterIPs[0]: Invalid value: "text": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  );
  assert.equal(
    await putMessage(server, "a", { clusterIP: "None" }),
    '422 Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
  );
});

test("a node port that is asked for twice is taken once, and refused in the words of each verb", async () => {
  await using server = await startServer({});
  const ports = [
    { name: "a", port: 80, protocol: "TCP", nodePort: 31000 },
    { name: "b", port: 81, protocol: "TCP", nodePort: 31000 },
  ];
  const refused = await create(server, "a", { type: "NodePort", ports });
  assert.equal(
    messageOf(refused),
    'Service "a" is invalid: spec.ports[1].nodePort: Invalid value: 31000: provided port is already allocated',
  );
  await created(server, "a", { type: "NodePort", ports: ports.slice(0, 1) });
  assert.equal(await putMessage(server, "a", { type: "NodePort", ports }), "500 duplicate nodePort: {TCP 31000}");
});

test("a dry run shows ports that nothing has", async () => {
  await using server = await startServer({});
  const ports = [
    { name: "a", port: 80, protocol: "TCP" },
    { name: "b", port: 81, protocol: "TCP" },
  ];
  const { body } = await create(server, "a", { type: "NodePort", ports }, "?dryRun=All");
  assert.deepEqual(
    (body as Service).spec!.ports!.map(({ nodePort }) => nodePort),
    [32769, 32770],
  );
});

test("an external name has no traffic policy inside of the cluster", async () => {
  await using server = await startServer({});
  const spec = { type: "ExternalName", externalName: "example.com", internalTrafficPolicy: "Cluster" };
  assert.equal((await created(server, "a", spec)).internalTrafficPolicy, undefined);
});
