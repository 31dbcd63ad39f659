// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError, KubeObject } from "../../apimachinery/index.ts";
import { flowSchema } from "./flow-schema.ts";
import { priorityLevelConfiguration } from "./priority-level-configuration.ts";

const lines = (errors: readonly FieldError[]): string[] => errors.map(({ field, body }) => `${field}: ${body}`);
const schemaWith = (rule: object): KubeObject => ({
  metadata: { name: "a" },
  spec: { matchingPrecedence: 5, priorityLevelConfiguration: { name: "l" }, rules: [rule] },
});

test("lists of a rule that nobody set are missing", () => {
  const subjects = [{ kind: "Group", group: { name: "g" } }];
  const bare = { subjects, nonResourceRules: [{ verbs: null, nonResourceURLs: null }] };
  assert.deepEqual(lines(flowSchema.validate!(schemaWith(bare))), [
    "spec.rules[0].nonResourceRules[0].verbs: Required value: verbs must contain at least one value",
    "spec.rules[0].nonResourceRules[0].nonResourceURLs: Required value: nonResourceURLs must contain at least one value",
  ]);
  assert.deepEqual(lines(flowSchema.validate!(schemaWith({ subjects: null }))), [
    "spec.rules[0].subjects: Required value: subjects must contain at least one value",
    "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty",
  ]);
});

test("a level is exempt exactly when it is the one with that name", () => {
  const level: KubeObject = { metadata: { name: "a" }, spec: { type: "Exempt" } };
  assert.deepEqual(lines(priorityLevelConfiguration.validate!(level)), [
    "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
  ]);
});

test("the annotation by which earlier versions kept shares of zero is refused", () => {
  const name = "flowcontrol.k8s.io/preserve-zero-concurrency-shares";
  const level: KubeObject = {
    metadata: { name: "a", annotations: { [name]: "" } },
    spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
  };
  assert.deepEqual(lines(priorityLevelConfiguration.validate!(level)), [
    `metadata.annotations: Forbidden: annotation '${name}' is forbidden`,
  ]);
});

test("conditions of a status have a type, each its own", () => {
  const object: KubeObject = { ...schemaWith({}), status: { conditions: [{}, { type: "a" }, { type: "a" }] } };
  assert.deepEqual(lines(flowSchema.status!.validateUpdate!(object, object)), [
    "status.conditions[0].type: Required value",
    'status.conditions[2].type: Duplicate value: "a"',
  ]);
});
