// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byteLength,
  configMapKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  nameIsDnsLabel,
  nameIsPathSegment,
  portNameErrors,
  qualifiedNameErrors,
  relaxedEnvVarNameErrors,
} from "./names.ts";

test("good names have no mistakes", () => {
  const GOOD: readonly (readonly [check: (value: string) => string[], value: string])[] = [
    [dns1123LabelErrors, "a-1"],
    [dns1123SubdomainErrors, "a.b-c.d"],
    [dns1035LabelErrors, "a1"],
    [qualifiedNameErrors, "example.com/My_Name.x"],
    [labelValueErrors, ""],
    [configMapKeyErrors, "..a".slice(1)],
    [portNameErrors, "http-2"],
    [relaxedEnvVarNameErrors, "1 a:b"],
  ];
  for (const [check, value] of GOOD) assert.deepEqual(check(value), [], value);
});

test("lengths are counted in bytes", () => {
  assert.equal(byteLength("aé€😀"), 1 + 2 + 3 + 4);
  assert.deepEqual(labelValueErrors("a".repeat(64)), ["must be no more than 63 bytes"]);
  assert.deepEqual(dns1123LabelErrors("a".repeat(64)), ["must be no more than 63 characters"]);
});

test("each mistake has upstream's sentence", () => {
  assert.deepEqual(dns1123LabelErrors("a.b"), ["must not contain dots"]);
  assert.deepEqual(qualifiedNameErrors("/"), [
    "prefix part must be non-empty",
    "name part must be non-empty",
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ]);
  assert.deepEqual(portNameErrors("-1--2-"), [
    "must contain at least one letter (a-z)",
    "must not contain consecutive hyphens",
    "must not begin or end with a hyphen",
  ]);
  assert.deepEqual(configMapKeyErrors(".."), ["must not be '..'"]);
  assert.deepEqual(relaxedEnvVarNameErrors("a=b"), [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ]);
});

test("a prefix may end in a dash, a path segment may not have slashes", () => {
  assert.deepEqual(nameIsDnsLabel("a-", true), []);
  assert.notDeepEqual(nameIsDnsLabel("a-", false), []);
  assert.deepEqual(nameIsPathSegment("a/b%", false), ["may not contain '/'", "may not contain '%'"]);
  assert.deepEqual(nameIsPathSegment("..", false), ["may not be '..'"]);
  assert.deepEqual(nameIsPathSegment("system:x", false), []);
});
