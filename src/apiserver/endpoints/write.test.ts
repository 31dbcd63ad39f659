// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestServer, type TestAnswer } from "../../../test/fixtures/endpoint-server.ts";
import type { KubeObject, Status } from "../../apimachinery/index.ts";

const MAPS = "/api/v1/namespaces/ns/configmaps";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";
const MERGE = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";

const map = (name: string, more: object = {}) => ({ metadata: { name }, data: { a: "1" }, ...more });
const deployment = {
  metadata: { name: "d" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "x" } },
    template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
};
const objectOf = (answer: TestAnswer): KubeObject => answer.json as unknown as KubeObject;
const statusOf = (answer: TestAnswer): Status => answer.json as unknown as Status;

test("unknown and duplicate fields are warned of, refused, or ignored, as fieldValidation says", async () => {
  const server = await TestServer.start();
  const post = (query: string) => server.request("POST", `${MAPS}?${query}`, { body: map("a", { foo: 1 }) });
  const warned = await post("dryRun=All");
  assert.equal(warned.status, 201);
  assert.deepEqual(warned.warnings, ['unknown field "foo"']);
  const strict = await post("fieldValidation=Strict");
  assert.equal(strict.status, 400);
  assert.equal(
    statusOf(strict).message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo"',
  );
  assert.deepEqual((await post("fieldValidation=Ignore")).warnings, []);
});

test("bodies and answers of unknown types are refused", async () => {
  const server = await TestServer.start();
  const body = map("a");
  assert.equal((await server.request("POST", MAPS, { body: "x", contentType: "text/plain" })).status, 415);
  assert.equal((await server.request("POST", MAPS, { body, accept: "text/html" })).status, 406);
  assert.equal((await server.request("PATCH", `${MAPS}/a`, { body, contentType: "application/json" })).status, 415);
  assert.equal((await server.request("PUT", MAPS, { body })).status, 405);
  assert.equal((await server.request("POST", `${MAPS}/a`, { body })).status, 405);
  assert.equal((await server.request("GET", "/api/v1/namespaces/ns/foos")).status, 404);
});

test("a PUT creates where the kind allows it, and only there", async () => {
  const server = await TestServer.start();
  const lease = { metadata: { name: "l" }, spec: { holderIdentity: "me" } };
  const created = await server.request("PUT", `${LEASES}/l`, { body: lease });
  assert.equal(created.status, 201);
  assert.equal((await server.request("PUT", `${LEASES}/l`, { body: objectOf(created) })).status, 200);
  const blind = await server.request("PUT", `${LEASES}/l`, { body: lease });
  assert.match(statusOf(blind).message!, /metadata.resourceVersion: Invalid value: 0: must be specified for an update/);
  assert.equal((await server.request("PUT", `${MAPS}/a`, { body: map("a") })).status, 404);
});

test("a write to /status changes the status alone, and one to the object keeps it", async () => {
  const server = await TestServer.start();
  await server.request("POST", DEPLOYMENTS, { body: deployment });
  const patched = await server.request("PATCH", `${DEPLOYMENTS}/d/status`, {
    body: { spec: { replicas: 9 }, status: { replicas: 7, observedGeneration: 1 } },
    contentType: MERGE,
  });
  const { spec, status, metadata } = objectOf(patched) as unknown as {
    spec: { replicas: number };
    status: { replicas: number };
    metadata: KubeObject["metadata"];
  };
  assert.deepEqual([spec.replicas, status.replicas, metadata.generation], [2, 7, 1]);
  assert.equal(metadata.managedFields?.find((entry) => entry.subresource === "status")?.manager, "recorder");
  const main = await server.request("PATCH", `${DEPLOYMENTS}/d`, {
    body: { spec: { replicas: 3 }, status: { replicas: 1 } },
    contentType: MERGE,
  });
  assert.deepEqual(
    (objectOf(main) as unknown as { status: object; metadata: object }).status,
    objectOf(patched)["status"],
  );
  assert.equal(objectOf(main).metadata.generation, 2);
});

test("the scale of a deployment is read and written as a Scale", async () => {
  const server = await TestServer.start();
  await server.request("POST", DEPLOYMENTS, { body: deployment });
  const scale = objectOf(await server.request("GET", `${DEPLOYMENTS}/d/scale`));
  assert.deepEqual(scale["spec"], { replicas: 2 });
  assert.deepEqual(scale["status"], { replicas: 0, selector: "app=x" });
  const body = { ...scale, spec: { replicas: 5 } };
  assert.equal((await server.request("PUT", `${DEPLOYMENTS}/d/scale`, { body })).status, 200);
  const stale = await server.request("PUT", `${DEPLOYMENTS}/d/scale`, { body });
  assert.equal(stale.status, 409, "a Scale pins the revision that it was read at");
  const found = objectOf(await server.request("GET", `${DEPLOYMENTS}/d`)) as unknown as {
    spec: { replicas: number };
    metadata: KubeObject["metadata"];
  };
  assert.equal(found.spec.replicas, 5);
  assert.equal(
    found.metadata.managedFields?.some((entry) => entry.subresource === "scale"),
    true,
  );
  const negative = await server.request("PATCH", `${DEPLOYMENTS}/d/scale`, {
    body: { spec: { replicas: -1 } },
    contentType: MERGE,
  });
  assert.equal(
    statusOf(negative).message,
    'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  );
});

test("who writes a Scale owns the replicas, and an apply to it conflicts with their other owners", async () => {
  const server = await TestServer.start();
  await server.request("POST", `${DEPLOYMENTS}?fieldManager=author`, { body: deployment });
  const scale = (manager: string, replicas: number, query = "") =>
    server.request("PATCH", `${DEPLOYMENTS}/d/scale?fieldManager=${manager}${query}`, {
      body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "d" }, spec: { replicas } },
      contentType: APPLY,
    });
  const refused = await scale("scaler", 7);
  assert.equal(refused.status, 409);
  assert.match(statusOf(refused).message!, /conflict with "author" using autoscaling\/v1: .spec.replicas/);
  assert.equal((await scale("scaler", 7, "&force=true")).status, 200);
  const owners = async () =>
    objectOf(await server.request("GET", `${DEPLOYMENTS}/d`)).metadata.managedFields?.map((entry) => [
      entry.manager,
      entry.operation,
      entry.apiVersion,
      entry.subresource ?? "",
      JSON.stringify(entry.fieldsV1).includes("f:replicas"),
    ]);
  assert.deepEqual(await owners(), [
    ["scaler", "Apply", "apps/v1", "scale", true],
    ["author", "Update", "apps/v1", "", false],
  ]);
  const merge = { body: { spec: { replicas: 3 } }, contentType: MERGE };
  await server.request("PATCH", `${DEPLOYMENTS}/d/scale?fieldManager=hand`, merge);
  assert.deepEqual(await owners(), [
    ["hand", "Update", "apps/v1", "scale", true],
    ["author", "Update", "apps/v1", "", false],
  ]);
  const wrong = await server.request("PUT", `${DEPLOYMENTS}/d/scale`, {
    body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "other" }, spec: { replicas: 1 } },
  });
  assert.equal(wrong.status, 400);
});

test("apply creates, owns what it applied, conflicts with other owners, and takes over by force", async () => {
  const server = await TestServer.start();
  const apply = (manager: string, a: string, query = "") =>
    server.request("PATCH", `${MAPS}/a?fieldManager=${manager}${query}`, {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { a } },
      contentType: APPLY,
    });
  assert.equal((await apply("one", "1")).status, 201);
  assert.equal((await apply("one", "1")).status, 200);
  const conflict = await apply("two", "2");
  assert.equal(conflict.status, 409);
  assert.equal(statusOf(conflict).message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
  const forced = objectOf(await apply("two", "2", "&force=true"));
  assert.deepEqual(
    forced.metadata.managedFields?.map((entry) => `${entry.manager} ${entry.operation}`),
    ["two Apply"],
  );
  const anonymous = await server.request("PATCH", `${MAPS}/a`, { body: map("a"), contentType: APPLY });
  assert.match(statusOf(anonymous).message!, /fieldManager: Required value: is required for apply patch/);
});

test("racing patches of one object lose nothing", async () => {
  const server = await TestServer.start();
  await server.request("POST", MAPS, { body: map("a") });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      server.request("PATCH", `${MAPS}/a`, { body: { data: { [`k${i}`]: "x" } }, contentType: MERGE }),
    ),
  );
  assert.ok(answers.every((answer) => answer.status === 200));
  const { data } = objectOf(await server.request("GET", `${MAPS}/a`)) as unknown as { data: object };
  assert.equal(Object.keys(data).length, 21);
});

test("two creates of one name: one is told 409, whichever it is", async () => {
  const server = await TestServer.start();
  const answers = await Promise.all([1, 2, 3].map(() => server.request("POST", MAPS, { body: map("a") })));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409, 409]);
});

test("a delete honours its preconditions and its dry run", async () => {
  const server = await TestServer.start();
  await server.request("POST", MAPS, { body: map("a") });
  const wrong = await server.request("DELETE", `${MAPS}/a`, { body: { preconditions: { uid: "other" } } });
  assert.equal(wrong.status, 409);
  assert.equal((await server.request("DELETE", `${MAPS}/a?dryRun=All`)).status, 200);
  const policy = await server.request("DELETE", `${MAPS}/a`, { body: { propagationPolicy: "Foo" } });
  assert.equal(policy.status, 422);
  const gone = await server.request("DELETE", `${MAPS}/a`);
  assert.deepEqual([gone.status, statusOf(gone).status, statusOf(gone).details?.kind], [200, "Success", "configmaps"]);
});

test("a registered handler answers for its subresource, and for a resource that is not stored", async () => {
  const server = await TestServer.start();
  const answer = (text: string) => async () => ({
    status: 200,
    headers: { "content-type": "text/plain" },
    body: { type: "bytes", bytes: Buffer.from(text) } as const,
  });
  server.handlers.register("", "pods", "log", answer("lines"));
  server.handlers.register("authorization.k8s.io", "subjectaccessreviews", "", answer("review"));
  assert.equal((await server.request("GET", "/api/v1/namespaces/ns/pods/p/log")).text, "lines");
  const review = await server.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", { body: {} });
  assert.equal(review.text, "review");
});

test("a name is refused in the words of where it came from", async () => {
  const server = await TestServer.start();
  const maps = "/api/v1/namespaces/ns/configmaps";
  const named = { metadata: { name: "a", generateName: "a-" } };
  assert.equal((await server.request("POST", maps, { body: named })).status, 201);
  const again = await server.request("POST", maps, { body: named });
  const { message, details } = again.json as unknown as Status;
  assert.equal(
    message,
    'configmaps "a" already exists, the server was not able to generate a unique name for the object',
  );
  assert.equal(details?.retryAfterSeconds, 1);
  const other = await server.request("POST", maps, { body: { metadata: { name: "a" } } });
  assert.equal((other.json as unknown as Status).message, 'configmaps "a" already exists');
});

test("an absent object is absent whatever UID is asked for, but where an update may create it", async () => {
  const server = await TestServer.start();
  const put = (path: string, body: object) => server.request("PUT", `/api/v1/namespaces/ns/${path}`, { body });
  const metadata = { name: "x", uid: "u" };
  assert.equal((await put("configmaps/x", { metadata })).status, 404);
  assert.equal((await put("limitranges/x", { metadata, spec: { limits: [] } })).status, 409);
});

test("a deletion that is under way goes on answering with the object where the kind does so", async () => {
  const server = await TestServer.start();
  await server.request("POST", "/api/v1/namespaces", { body: { metadata: { name: "n", finalizers: ["a.b/c"] } } });
  for (const _time of [1, 2]) {
    const { json } = await server.request("DELETE", "/api/v1/namespaces/n");
    assert.equal((json as unknown as { kind: string }).kind, "Namespace");
  }
  const rc = "/api/v1/namespaces/ns/replicationcontrollers";
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const body = { metadata: { name: "r" }, spec: { selector: { a: "b" }, template } };
  assert.equal((await server.request("POST", rc, { body })).status, 201);
  const gone = await server.request("DELETE", `${rc}/r`, { body: { orphanDependents: false } });
  assert.equal((gone.json as unknown as { kind: string }).kind, "Status");
});

test("jobs say that their pods stay, whether there is one to delete or not", async () => {
  const server = await TestServer.start();
  const jobs = "/apis/batch/v1/namespaces/ns/jobs";
  for (const path of [`${jobs}/absent`, jobs]) {
    assert.match((await server.request("DELETE", path)).warnings.join(), /child pods are preserved by default/);
    const asked = await server.request("DELETE", path, { body: { propagationPolicy: "Background" } });
    assert.deepEqual(asked.warnings, []);
  }
});

test("places that no route leads to, and a parameter that is gone", async () => {
  const server = await TestServer.start();
  const inside = await server.request("POST", "/api/v1/namespaces/n/namespaces", { body: { metadata: { name: "x" } } });
  assert.equal(inside.status, 404);
  await server.request("POST", "/api/v1/namespaces/ns/configmaps", { body: { metadata: { name: "a" } } });
  const exported = await server.request("GET", "/api/v1/namespaces/ns/configmaps/a?export=1");
  assert.equal(exported.status, 400);
  assert.match(exported.text, /the export parameter, deprecated since v1\.14, is no longer supported/);
  const revised = await server.request("GET", "/api/v1/namespaces/ns/configmaps/a?resourceVersion=abc");
  assert.equal(revised.status, 500);
  assert.match(revised.text, /"message":"resourceVersion: Invalid value: \\"abc\\"/);
});
