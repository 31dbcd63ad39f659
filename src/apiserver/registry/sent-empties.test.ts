// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, schemaRegistry } from "../../api/index.ts";
import { type KubeObject, objectCodec } from "../../apimachinery/index.ts";
import { macrotask } from "../../platform/time/real-clock.ts";
import { SeededRandom, VirtualClock } from "../../simulation/index.ts";
import { MemoryStore } from "../../store/index.ts";
import type { WriteOptions } from "../resource-store.ts";
import { openAdmission } from "./admission.ts";
import type { GenericResourceStore } from "./generic-resource-store.ts";
import { KindRegistry } from "./kind-registry.ts";
import { Registry } from "./registry.ts";

const { signal } = new AbortController();
const options: WriteOptions = { user: { name: "alice", groups: [] }, userAgent: "test/1", warnings: [], signal };

async function storeOf(group: string, resource: string): Promise<GenericResourceStore> {
  const clock = new VirtualClock({ macrotask });
  const kinds = new KindRegistry();
  for (const kind of builtInKinds()) kinds.add({ kind, schemas: schemaRegistry() });
  const store = new MemoryStore({ clock });
  const registry = new Registry({ kinds, store, clock, random: new SeededRandom(1), admission: () => openAdmission });
  await registry.start();
  return registry.find(group, resource)!;
}

/** As a client's body is decoded. */
const sent = (type: string, object: object): KubeObject =>
  objectCodec(schemaRegistry(), type).decodeJson(JSON.stringify(object)).object;

const ROLE = "io.k8s.api.rbac.v1.Role";
const HOOKS = "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration";
const CLAIM = "io.k8s.api.resource.v1.ResourceClaim";

const ownedBy = (object: KubeObject): unknown => object.metadata.managedFields?.[0]?.fieldsV1;

test("an empty list in a field that is always written is owned, and stored as null", async () => {
  const roles = await storeOf("rbac.authorization.k8s.io", "roles");
  const { object } = await roles.createDecoded("a", sent(ROLE, { metadata: { name: "r" }, rules: [] }), options);
  assert.deepEqual(ownedBy(object as KubeObject), { "f:rules": {} });
  assert.equal(object["rules"], null);
});

test("an absent list in such a field is owned by nobody", async () => {
  const roles = await storeOf("rbac.authorization.k8s.io", "roles");
  const { object } = await roles.createDecoded("a", sent(ROLE, { metadata: { name: "r" } }), options);
  assert.equal(object.metadata.managedFields, undefined);
});

const hook = {
  name: "a.example.com",
  admissionReviewVersions: ["v1"],
  sideEffects: "None",
  clientConfig: { url: "https://example.com" },
};

test("webhooks with an empty list count as changed, each time that it is sent", async () => {
  const hooks = await storeOf("admissionregistration.k8s.io", "validatingwebhookconfigurations");
  const object = { metadata: { name: "h" }, webhooks: [{ ...hook, matchConditions: [] }] };
  const written = await hooks.createDecoded("", sent(HOOKS, object), options);
  assert.equal(written.object.metadata.generation, 1);
  for (const generation of [2, 3]) {
    const again = await hooks.update("", "h", () => withMetadata(hooks, sent(HOOKS, object)), options);
    assert.equal(again.object.metadata.generation, generation);
  }
});

test("webhooks that were sent as they are stored do not count as changed", async () => {
  const hooks = await storeOf("admissionregistration.k8s.io", "validatingwebhookconfigurations");
  const object = { metadata: { name: "h" }, webhooks: [hook] };
  await hooks.createDecoded("", sent(HOOKS, object), options);
  const again = await hooks.update("", "h", () => withMetadata(hooks, sent(HOOKS, object)), options);
  assert.equal(again.object.metadata.generation, 1);
});

function withMetadata(hooks: GenericResourceStore, object: KubeObject): KubeObject {
  const { resourceVersion } = hooks.peek("", "h")!.metadata;
  object.metadata.resourceVersion = resourceVersion;
  return object;
}

test("a value that a message prints shows empty lists as they were sent", async () => {
  const claims = await storeOf("resource.k8s.io", "resourceclaims");
  const claim = (devices: object): KubeObject => sent(CLAIM, { metadata: { name: "c" }, spec: { devices } });
  await claims.createDecoded("a", claim({ requests: [{ name: "r", exactly: { deviceClassName: "d" } }] }), options);
  const shown = '{"Devices":{"Requests":[],"Constraints":null,"Config":[]}}';
  await assert.rejects(
    claims.update("a", "c", () => claim({ requests: [], config: [] }), options),
    {
      message: `ResourceClaim.resource.k8s.io "c" is invalid: spec: Invalid value: ${shown}: field is immutable`,
    },
  );
});

test("certificates of no bytes count as changed, and a list of numbers is read as bytes", async () => {
  const hooks = await storeOf("admissionregistration.k8s.io", "validatingwebhookconfigurations");
  const object = (caBundle: unknown): KubeObject =>
    sent(HOOKS, { metadata: { name: "h" }, webhooks: [{ ...hook, clientConfig: { ...hook.clientConfig, caBundle } }] });
  await hooks.createDecoded("", object(""), options);
  const again = await hooks.update("", "h", () => withMetadata(hooks, object("")), options);
  assert.equal(again.object.metadata.generation, 2);
  const [webhook] = object([102, 111, 111])["webhooks"] as [{ clientConfig: { caBundle: string } }];
  assert.equal(webhook.clientConfig.caBundle, "Zm9v");
});

test("an empty list of webhooks counts as changed each time that it is sent", async () => {
  const hooks = await storeOf("admissionregistration.k8s.io", "validatingwebhookconfigurations");
  const empty = (): KubeObject => sent(HOOKS, { metadata: { name: "h" }, webhooks: [] });
  await hooks.createDecoded("", empty(), options);
  for (const generation of [2, 3]) {
    const again = await hooks.update("", "h", () => withMetadata(hooks, empty()), options);
    assert.equal(again.object.metadata.generation, generation);
  }
});
