// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";
import { validateStrictEvent, validateStrictEventUpdate } from "./event-validation.ts";
import type { Event } from "../generated/v1.35/core-v1.ts";

const quotas = new KindSteps("ResourceQuota");

test("an unknown scope of a quota is told once, whatever resources it is about", () => {
  const quota = { spec: { hard: { pods: "1", "requests.cpu": "1" }, scopes: ["Bogus"] } };
  assert.deepEqual(quotas.mistakes(quota), ['spec.scopes: Invalid value: ["Bogus"]: unsupported scope']);
});

test("scopes that are taken away are printed as they were sent", () => {
  const scoped = { spec: { hard: { pods: "1" }, scopes: ["BestEffort"] } };
  assert.deepEqual(quotas.mistakesOfUpdate(scoped, { spec: { hard: { pods: "1" } } }), [
    "spec.scopes: Invalid value: null: field is immutable",
  ]);
  assert.deepEqual(quotas.mistakesOfUpdate(scoped, { spec: { hard: { pods: "1" }, scopes: [] } }), [
    "spec.scopes: Invalid value: []: field is immutable",
  ]);
});

test("the object that an event is about stays, and is printed with all its fields", () => {
  const event: Event = {
    metadata: { name: "a", namespace: "default", resourceVersion: "1" },
    involvedObject: { kind: "Pod", name: "p" },
    eventTime: "2024-01-02T03:04:05.000006Z",
    reportingComponent: "c",
    reportingInstance: "i",
    action: "A",
    reason: "R",
  };
  const errors = validateStrictEventUpdate({ ...event, involvedObject: { kind: "Node", name: "n" } }, event);
  assert.deepEqual(
    errors.map(({ field, body }) => `${field}: ${body}`),
    [
      'involvedObject: Invalid value: {"Kind":"Node","Namespace":"","Name":"n","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
    ],
  );
});

test("defaults have no place in limits of pods, and are not compared there", () => {
  const limits = [{ type: "Pod", min: { cpu: "1" }, defaultRequest: { cpu: "500m" } }];
  assert.deepEqual(new KindSteps("LimitRange").mistakes({ spec: { limits } }), [
    "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
  ]);
});

test("amounts finer than a thousandth are rounded up", () => {
  const quota = quotas.created({ spec: { hard: { pods: "100u" } } });
  assert.deepEqual(quota["spec"], { hard: { pods: "1m" } });
});

const paths = (mistakes: readonly string[]): readonly string[] => [
  ...new Set(mistakes.map((mistake) => mistake.slice(0, mistake.indexOf(":")))),
];

test("metadata of core events are looked at when all else is right; of the newer group after what both have", () => {
  const metadata = { name: "a", namespace: "default", resourceVersion: "1", labels: { "a/b/c": "v" } };
  const elsewhere = { kind: "Pod", namespace: "other" };
  const core = new KindSteps("Event");
  assert.deepEqual(paths(core.mistakes({ metadata, involvedObject: elsewhere })), ["involvedObject.namespace"]);
  assert.deepEqual(paths(core.mistakes({ metadata, involvedObject: { kind: "Pod", namespace: "default" } })), [
    "metadata.labels",
  ]);
  const event = { metadata, involvedObject: elsewhere, type: "Normal" };
  const order = ["involvedObject.namespace", "metadata.labels", "eventTime"];
  assert.deepEqual(paths(validateStrictEvent(event).map(({ field, body }) => `${field}: ${body}`)), order);
});

test("names whose type has a name of its own are printed as JSON, other texts are quoted", () => {
  const [mistake] = quotas.mistakes({ spec: { hard: { "a\u0001<": "1" } } });
  assert.match(mistake ?? "", /^spec\.hard\[a\u0001<\]: Invalid value: "a\\u0001\\u003c": name part must/);
  const service = new KindSteps("Service").mistakes({
    spec: { ports: [{ port: 80 }], trafficDistribution: "a\u0001<" },
  });
  assert.ok(service.some((text) => text.includes('Unsupported value: "a\\x01<": supported values: "PreferClose"')));
});
