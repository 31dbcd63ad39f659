// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../apimachinery/index.ts";
import type { APIService, CustomResourceDefinition, EndpointSlice, FlowSchema, Service } from "../../api/index.ts";
import { get, startServer, type TestServer } from "../server-fixture.test.ts";
import { serviceMistake } from "./api-service-availability.ts";

const SCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
const LEVELS = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations";
const API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const LIMIT_MS = 60_000;

/** Looks at an object until it is as wanted: the server's own loops follow a write in their own time. */
async function eventually<T>(server: TestServer, path: string, isRight: (object: T) => boolean): Promise<T> {
  let body: unknown;
  const look = async (): Promise<boolean> => {
    ({ body } = await get(server, path));
    return isRight(body as T);
  };
  await server.clock.advanceUntil(look, { limitMs: LIMIT_MS });
  return body as T;
}

const conditionOf = (object: { status?: { conditions?: { type?: string; status?: string; reason?: string }[] } }) =>
  object.status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`).join();

test("a flow schema says whether its priority level exists, as its own manager", async () => {
  await using server = await startServer({});
  const schema = (name: string, level: string) => ({
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: level } },
  });
  await get(server, SCHEMAS, { method: "POST", body: schema("early", "later") });
  const dangling = await eventually<FlowSchema>(server, `${SCHEMAS}/early`, (o) => conditionOf(o) !== undefined);
  assert.equal(conditionOf(dangling), "Dangling=True NotFound");
  const entry = dangling.metadata.managedFields?.find(({ subresource }) => subresource === "status");
  assert.equal(entry?.manager, "api-priority-and-fairness-config-consumer-v1");
  assert.equal(entry?.operation, "Apply");
  const level = { type: "Limited", limited: { limitResponse: { type: "Reject" } } };
  await get(server, LEVELS, { method: "POST", body: { metadata: { name: "later" }, spec: level } });
  await eventually<FlowSchema>(server, `${SCHEMAS}/early`, (o) => conditionOf(o) === "Dangling=False Found");
  await get(server, `${LEVELS}/later`, { method: "DELETE" });
  await eventually<FlowSchema>(server, `${SCHEMAS}/early`, (o) => conditionOf(o) === "Dangling=True NotFound");
});

test("an API service follows the Service that it refers to", async () => {
  await using server = await startServer({});
  const name = "v1.metrics.example.com";
  const { status } = await get(server, API_SERVICES, {
    method: "POST",
    body: {
      metadata: { name },
      spec: {
        group: "metrics.example.com",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 10,
        insecureSkipTLSVerify: true,
        service: { namespace: "default", name: "metrics" },
      },
    },
  });
  assert.equal(status, 201);
  const path = `${API_SERVICES}/${name}`;
  await eventually<APIService>(server, path, (o) => conditionOf(o) === "Available=False ServiceNotFound");
  const service = { metadata: { name: "metrics" }, spec: { ports: [{ port: 80 }] } };
  await get(server, "/api/v1/namespaces/default/services", { method: "POST", body: service });
  await eventually<APIService>(server, path, (o) => conditionOf(o) === "Available=False ServicePortError");
});

test("what the server itself serves is available from its creation", async () => {
  await using server = await startServer({});
  const { body } = await get(server, `${API_SERVICES}/v1.apps`);
  assert.equal(conditionOf(body as APIService), "Available=True Local");
});

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const definition = (plural: string, kind: string) => ({
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural, kind, shortNames: ["t"] },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
});

test("a definition gets the names that nobody else in its group has", async () => {
  await using server = await startServer({});
  const create = (plural: string, kind: string) =>
    get(server, DEFINITIONS, { method: "POST", body: definition(plural, kind) });
  await create("things", "Thing");
  const first = await eventually<CustomResourceDefinition>(
    server,
    `${DEFINITIONS}/things.example.com`,
    (o) => conditionOf(o) !== "",
  );
  assert.equal(conditionOf(first), "NamesAccepted=True NoConflicts,Established=False Installing");
  assert.deepEqual(first.status?.acceptedNames, first.spec.names);
  await create("others", "Thing");
  const second = `${DEFINITIONS}/others.example.com`;
  const refused = await eventually<CustomResourceDefinition>(server, second, (o) => conditionOf(o) !== "");
  assert.equal(conditionOf(refused), "NamesAccepted=False ListKindConflict,Established=False NotAccepted");
  assert.equal(refused.status?.acceptedNames?.plural, "others");
  assert.equal(refused.status?.acceptedNames?.kind, "");
  await get(server, `${DEFINITIONS}/things.example.com`, { method: "DELETE" });
  await eventually<CustomResourceDefinition>(server, second, (o) => o.status?.acceptedNames?.kind === "Thing");
});

test("a definition is marked before it goes", async () => {
  await using server = await startServer({});
  await get(server, DEFINITIONS, { method: "POST", body: definition("things", "Thing") });
  const path = `${DEFINITIONS}/things.example.com`;
  const { body } = await get(server, path, { method: "DELETE" });
  const marked = body as CustomResourceDefinition;
  assert.deepEqual(marked.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  assert.match(conditionOf(marked) ?? "", /Terminating=True InstanceDeletionPending/);
  await eventually<Status>(server, path, ({ code }) => code === 404);
});

test("a Service counts as there when a ready endpoint listens on the port's name", () => {
  const reference = { namespace: "default", name: "metrics", port: 443 };
  const metadata = { name: "metrics", namespace: "default" };
  const service: Service = { metadata, spec: { type: "ClusterIP", ports: [{ name: "https", port: 443 }] } };
  const slice = (ready: boolean, port: string): EndpointSlice => ({
    metadata,
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.1.0.1"], conditions: { ready } }],
    ports: [{ name: port, port: 8443 }],
  });
  const reasonOf = (...slices: EndpointSlice[]) => serviceMistake(reference, service, slices)?.reason;
  assert.equal(reasonOf(), "EndpointsNotFound");
  assert.equal(reasonOf(slice(false, "https")), "MissingEndpoints");
  assert.equal(reasonOf(slice(true, "http")), "MissingEndpoints");
  assert.equal(reasonOf(slice(true, "https")), undefined);
  const external: Service = { metadata, spec: { type: "ExternalName", externalName: "example.com" } };
  assert.equal(serviceMistake(reference, external, []), undefined);
});
