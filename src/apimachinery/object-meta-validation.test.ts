// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "./field-error.ts";
import { nameIsDnsSubdomain } from "./names.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta-validation.ts";

const RULES = { namespaced: true, nameCheck: nameIsDnsSubdomain };
const texts = (errors: readonly FieldError[]): string[] => errors.map((e) => `${e.field}: ${e.body}`);

test("a good object has no mistakes", () => {
  assert.deepEqual(
    validateObjectMeta(
      { name: "a.b", namespace: "ns", labels: { "example.com/x": "y" }, annotations: { Any: "thing" } },
      RULES,
    ),
    [],
  );
});

test("names, namespaces and finalizers are refused in upstream's words", () => {
  const subdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  assert.deepEqual(texts(validateObjectMeta({ name: "A_", finalizers: ["orphan", "foregroundDeletion"] }, RULES)), [
    `metadata.name: Invalid value: "A_": ${subdomain}`,
    "metadata.namespace: Required value",
    'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
  ]);
  assert.deepEqual(texts(validateObjectMeta({ namespace: "x" }, { ...RULES, namespaced: false })), [
    "metadata.name: Required value: name or generateName is required",
    "metadata.namespace: Forbidden: not allowed on this type",
  ]);
});

test("a generateName may end in a dash", () => {
  assert.deepEqual(validateObjectMeta({ name: "a-x", generateName: "a-", namespace: "ns" }, RULES), []);
});

test("one owner at most is the controller", () => {
  const owner = { apiVersion: "v1", kind: "Pod", name: "a", uid: "1", controller: true };
  const errors = texts(
    validateObjectMeta({ name: "a", namespace: "ns", ownerReferences: [owner, { ...owner, name: "b" }] }, RULES),
  );
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /Found "true" in references for Pod\/a and Pod\/b$/);
});

test("annotations may not be larger than 256 KiB together", () => {
  const annotations = { a: "x".repeat(262143) };
  assert.deepEqual(validateObjectMeta({ name: "a", namespace: "ns", annotations }, RULES), []);
  assert.deepEqual(
    texts(validateObjectMeta({ name: "a", namespace: "ns", annotations: { ...annotations, b: "" } }, RULES)),
    ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  );
});

test("an update may not change what identifies the object", () => {
  const old = { name: "a", namespace: "ns", uid: "1", creationTimestamp: "2026-01-01T00:00:00Z", resourceVersion: "5" };
  assert.deepEqual(validateObjectMetaUpdate({ ...old }, old), []);
  assert.deepEqual(texts(validateObjectMetaUpdate({ ...old, uid: "2", resourceVersion: "", generation: -1 }, old)), [
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    "metadata.generation: Invalid value: -1: must not be decremented",
    'metadata.uid: Invalid value: "2": field is immutable',
  ]);
});

test("an object that is being deleted gets no new finalizers", () => {
  const old = { name: "a", resourceVersion: "5", deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["x/y"] };
  assert.deepEqual(texts(validateObjectMetaUpdate({ ...old, finalizers: ["x/y", "x/z"] }, old)), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/z"}',
  ]);
});
