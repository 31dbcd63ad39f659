// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, schemaRegistry } from "../../api/index.ts";
import type { FieldError, KubeObject } from "../../apimachinery/index.ts";
import { type Access, allow, noOpinion } from "../authorization/authorizer.ts";
import { KindRegistry } from "../registry/index.ts";
import type { ResourceStore, ResourceStores, WriteOptions } from "../resource-store.ts";
import { claimHooks, claimTemplateHooks } from "./admin-access.ts";
import { type ParameterParts, policyBindingHooks, policyHooks } from "./admission-parameters.ts";

const { signal } = new AbortController();
const alice: WriteOptions = { user: { name: "alice", groups: ["g"], extra: { a: ["b"] } }, warnings: [], signal };
const ALICE = "user &{alice  [g] map[a:[b]]}";
const lines = (errors: readonly FieldError[]): string[] => errors.map(({ field, body }) => `${field}: ${body}`);

const storesOf = (part: Partial<ResourceStore>): ResourceStores => ({ find: () => part as ResourceStore });
const ADMIN: Readonly<Record<string, string>> = { "resource.kubernetes.io/admin-access": "true" };
const namespaces = storesOf({ peekLabels: (_, name) => (name === "admin" ? ADMIN : {}) });
const devices = { requests: [{ name: "a" }, { name: "b", exactly: { deviceClassName: "d", adminAccess: true } }] };
const claimIn = (namespace: string): KubeObject => ({ metadata: { name: "c", namespace }, spec: { devices } });
const REFUSED =
  "Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace";

test("claims with administrative access are refused outside the namespaces meant for them", () => {
  const { validate } = claimHooks(namespaces);
  assert.deepEqual(lines(validate!(claimIn("team"), undefined, alice)), [
    `spec.devices.requests[1].adminAccess: ${REFUSED}`,
  ]);
  assert.deepEqual(validate!(claimIn("admin"), undefined, alice), []);
});

test("a claim that exists is not asked again, and a template is as a claim", () => {
  assert.deepEqual(claimHooks(namespaces).validate!(claimIn("team"), claimIn("team"), alice), []);
  const template: KubeObject = { metadata: { name: "t", namespace: "team" }, spec: { spec: { devices } } };
  assert.equal(claimTemplateHooks(namespaces).validate!(template, undefined, alice).length, 1);
});

test("administrative access is granted only where it may be, and once granted stays", () => {
  const granted = { ...claimIn("team"), status: { allocation: { devices: { results: [{ adminAccess: true }] } } } };
  const write = { ...alice, subresource: "status" };
  const { validate } = claimHooks(namespaces);
  assert.deepEqual(lines(validate!(granted, claimIn("team"), write)), [
    `status.allocation.devices.results[0].adminAccess: ${REFUSED}`,
  ]);
  assert.deepEqual(validate!(granted, granted, write), []);
});

const kinds = new KindRegistry();
for (const kind of builtInKinds()) kinds.add({ kind, schemas: schemaRegistry() });

const policy = (paramKind: object): KubeObject => ({ metadata: { name: "p" }, spec: { paramKind } });
const CONFIG_MAPS = { apiVersion: "v1", kind: "ConfigMap" };

/** Parts of a server where one policy is and alice may do what is said; `asked` are the questions. */
function partsFor(may: boolean, stored?: KubeObject): ParameterParts & { asked: Access[] } {
  const asked: Access[] = [];
  const authorizer = {
    name: "test",
    authorize: (_: unknown, access: Access) => {
      asked.push(access);
      return may ? allow() : noOpinion();
    },
  };
  return { kinds, authorizer, stores: storesOf({ peek: () => stored }), asked };
}

test("who makes a policy must be allowed to read all that may become its parameters", async () => {
  const parts = partsFor(false);
  const errors = await policyHooks(parts).validateLast!(policy(CONFIG_MAPS), undefined, alice);
  assert.deepEqual(lines(errors), [
    `spec.paramKind: Forbidden: ${ALICE} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`,
  ]);
  const [{ verb, group, version, resource, namespace, name }] = parts.asked as [Access];
  assert.deepEqual([verb, group, version, resource, namespace, name], ["get", "", "v1", "configmaps", "*", "*"]);
});

test("who may read them makes the policy; who keeps its parameters is not asked", async () => {
  assert.deepEqual(await policyHooks(partsFor(true)).validateLast!(policy(CONFIG_MAPS), undefined, alice), []);
  const parts = partsFor(false);
  assert.deepEqual(await policyHooks(parts).validateLast!(policy(CONFIG_MAPS), policy(CONFIG_MAPS), alice), []);
  assert.equal(parts.asked.length, 0);
});

const binding = (paramRef: object): KubeObject => ({ metadata: { name: "b" }, spec: { policyName: "p", paramRef } });
const refusalOf = async (stored: KubeObject | undefined, paramRef: object): Promise<string[]> =>
  lines(await policyBindingHooks(partsFor(false, stored)).validateLast!(binding(paramRef), undefined, alice));

test("who binds a policy to parameters must be allowed to read them", async () => {
  const lacks = `${ALICE} does not have "get" permission`;
  const everything = "for all groups, versions and resources";
  assert.deepEqual(await refusalOf(policy(CONFIG_MAPS), { name: "x" }), [
    `spec.paramRef: Forbidden: ${lacks} on the object referenced by paramRef`,
  ]);
  assert.deepEqual(await refusalOf(undefined, { name: "x" }), [
    `spec.paramRef: Forbidden: unable to get policy p to determine minimum required permissions and ${lacks} ${everything}`,
  ]);
  assert.deepEqual(await refusalOf(policy({ apiVersion: "x.io/v1", kind: "Foo" }), { name: "x" }), [
    `spec.paramRef: Forbidden: unable to resolve paramKind &{x.io/v1 Foo} to determine minimum required permissions and ${lacks} ${everything}`,
  ]);
});

test("parameters that are selected are listed, and masters are not asked", async () => {
  const [line] = await refusalOf(policy(CONFIG_MAPS), { selector: {} });
  assert.match(line!, /does not have "list" permission on the object/);
  const parts = partsFor(false);
  const master = { ...alice, user: { name: "root", groups: ["system:masters"] } };
  assert.deepEqual(await policyBindingHooks(parts).validateLast!(binding({ name: "x" }), undefined, master), []);
});
