// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { CREATED_MS, podFixture, serviceFixture } from "../../test/fixtures/objects.ts";
import { endpointConditions, isEndpoint } from "./endpoint-state.ts";
import { Expectations, EXPECTATIONS_TIMEOUT_MS } from "./expectations.ts";
import { availableInMs, isPodActive, isPodAvailable } from "./pod-state.ts";
import { scaledValue } from "./scaled-value.ts";

test("a pod is available when it has been ready for long enough", () => {
  const pod = podFixture("p");
  assert.equal(isPodAvailable(pod, 0, CREATED_MS), true);
  assert.equal(isPodAvailable(pod, 10, CREATED_MS + 9_999), false);
  assert.equal(isPodAvailable(pod, 10, CREATED_MS + 10_000), true);
  assert.equal(availableInMs(pod, 10, CREATED_MS + 4_000), 6_000);
  assert.equal(availableInMs(podFixture("p", { ready: false }), 10, CREATED_MS), undefined);
});

test("a pod that ended or is being deleted is not active", () => {
  assert.equal(isPodActive(podFixture("p")), true);
  assert.equal(isPodActive(podFixture("p", { status: { phase: "Failed" } })), false);
  assert.equal(isPodActive(podFixture("p", { meta: { deletionTimestamp: "2026-01-01T00:00:00Z" } })), false);
});

test("an endpoint is ready when its pod is, and serves on while it terminates", () => {
  const service = serviceFixture("s");
  const terminating = podFixture("p", { meta: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  assert.deepEqual(endpointConditions(podFixture("p"), service), { ready: true, serving: true, terminating: false });
  assert.deepEqual(endpointConditions(terminating, service), { ready: false, serving: true, terminating: true });
  const publishing = serviceFixture("s", { spec: { publishNotReadyAddresses: true } });
  assert.equal(endpointConditions(podFixture("p", { ready: false }), publishing).ready, true);
  assert.equal(isEndpoint(terminating, true), true);
  assert.equal(isEndpoint(terminating, false), false);
  assert.equal(isEndpoint(podFixture("p", { status: { phase: "Succeeded" } }), true), false);
});

test("percentages are rounded as asked", () => {
  assert.equal(scaledValue("25%", 5, true), 2);
  assert.equal(scaledValue("25%", 5, false), 1);
  assert.equal(scaledValue(3, 5, true), 3);
  assert.equal(scaledValue("x", 5, true), undefined);
});

test("expectations are met when all is seen, each deletion once, or after five minutes", () => {
  const expectations = new Expectations();
  assert.equal(expectations.satisfied("a", 0), true);
  expectations.expectCreations("a", 2, 0);
  expectations.creationObserved("a");
  assert.equal(expectations.satisfied("a", 0), false);
  expectations.creationObserved("a");
  assert.equal(expectations.satisfied("a", 0), true);
  expectations.expectDeletions("a", ["x", "y"], 0);
  expectations.deletionObserved("a", "x");
  expectations.deletionObserved("a", "x");
  assert.equal(expectations.satisfied("a", 0), false);
  assert.equal(expectations.satisfied("a", EXPECTATIONS_TIMEOUT_MS + 1), true);
});
