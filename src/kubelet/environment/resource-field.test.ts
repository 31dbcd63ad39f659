// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Container } from "../types.ts";
import { resourceField } from "./resource-field.ts";

const container = {
  name: "c",
  resources: { requests: { cpu: "250m", memory: "32Mi" }, limits: { cpu: "1250m", memory: "64Mi" } },
} as unknown as Container;
const node = { cpuMillis: 4_000, memoryBytes: 8 * 1024 ** 3, ephemeralStorageBytes: 100 };
const of = (resource: string, divisor?: string, c: Container = container) =>
  resourceField(c, { resource, divisor }, node);

test("amounts are divided and rounded up", () => {
  assert.equal(of("limits.cpu"), "2");
  assert.equal(of("limits.cpu", "1m"), "1250");
  assert.equal(of("requests.memory", "1Mi"), "32");
  assert.equal(of("limits.memory", "0"), String(64 * 1024 ** 2));
});

test("a limit that is not set is the node's, a request nothing", () => {
  const bare = { name: "c" } as Container;
  assert.equal(of("limits.cpu", "1", bare), "4");
  assert.equal(of("limits.memory", "1Gi", bare), "8");
  assert.equal(of("requests.cpu", "1", bare), "0");
});
