// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret, ServiceAccount } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";
import { accountOf, filledSecret, isAccount, withoutReference } from "./decide.ts";

const metadataOf = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  namespace: "shop",
  name,
  uid: `uid-of-${name}`,
  resourceVersion: "1",
  creationTimestamp: "2026-01-01T00:00:00Z",
  annotations,
});

const NAMED = { "kubernetes.io/service-account.name": "robot" };
const robot: Cached<ServiceAccount> = { metadata: metadataOf("robot") };
const secret = (data?: Secret["data"]): Cached<Secret> => ({
  metadata: metadataOf("s", { ...NAMED, kept: "yes" }),
  type: "kubernetes.io/service-account-token",
  ...(data ? { data } : {}),
});

const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();
const content = {
  rootCa: "PEM",
  signToken: (claims: Readonly<Record<string, string>>) => JSON.stringify(claims),
};

test("an empty secret gets a token for its account, the authority, the namespace and the account's uid", () => {
  const filled = filledSecret(secret(), robot, content);
  assert.deepEqual(filled?.metadata.annotations, {
    ...NAMED,
    "kubernetes.io/service-account.uid": "uid-of-robot",
    kept: "yes",
  });
  const claims = {
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": "shop",
    "kubernetes.io/serviceaccount/secret.name": "s",
    "kubernetes.io/serviceaccount/service-account.name": "robot",
    "kubernetes.io/serviceaccount/service-account.uid": "uid-of-robot",
    sub: "system:serviceaccount:shop:robot",
  };
  assert.deepEqual(filled?.data, {
    "ca.crt": base64("PEM"),
    namespace: base64("shop"),
    token: base64(JSON.stringify(claims)),
  });
});

test("what is there stays, but for another authority; who lacks nothing is left alone", () => {
  const full = { token: base64("t"), namespace: base64("mine"), "ca.crt": base64("PEM"), more: "bQ==" };
  assert.equal(filledSecret(secret(full), robot, content), undefined);
  const renewed = filledSecret(secret({ ...full, "ca.crt": base64("old") }), robot, content);
  assert.deepEqual(renewed?.data, full);
  const { "ca.crt": _, ...without } = full;
  assert.equal(filledSecret(secret(without), robot, { ...content, rootCa: "" }), undefined);
});

test("an account is the one that was named: by name, and by uid when one was given", () => {
  const named = accountOf(secret());
  assert.deepEqual(named, { namespace: "shop", name: "robot", uid: "" });
  assert.equal(isAccount(robot, named), true);
  assert.equal(isAccount(robot, { ...named, uid: "uid-of-robot" }), true);
  assert.equal(isAccount(robot, { ...named, uid: "other" }), false);
  assert.equal(isAccount(robot, { ...named, name: "other" }), false);
});

test("an account loses its references to one secret and keeps the others", () => {
  const account = { metadata: { name: "robot" }, secrets: [{ name: "a" }, { name: "b" }, { name: "a" }] };
  assert.deepEqual(withoutReference(account, "a")?.secrets, [{ name: "b" }]);
  assert.equal(withoutReference(account, "c"), undefined);
  assert.equal(withoutReference({ metadata: { name: "robot" } }, "a"), undefined);
});
