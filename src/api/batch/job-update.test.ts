// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("Job");
const jobOf = (spec: object = {}, podSpec: object = {}, metadata: object = {}): object => ({
  metadata: { name: "a", namespace: "default", uid: "u", resourceVersion: "1" },
  spec: {
    ...spec,
    template: { metadata, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }], ...podSpec } },
  },
});
const fieldsOf = (before: object, after: object): readonly string[] =>
  steps.mistakesOfUpdate(before, after).map((mistake) => mistake.slice(0, mistake.indexOf(":")));

test("an empty struct in the template of a job counts as a change", () => {
  const containers = [{ name: "c", image: "i", securityContext: {} }];
  assert.deepEqual(fieldsOf(jobOf(), jobOf({}, { containers })), ["spec.template"]);
});

test("a suspended job may get other labels, annotations and places to run, and nothing else", () => {
  const suspended = { suspend: true };
  const moved = jobOf(suspended, { nodeSelector: { a: "b" } }, { labels: { x: "y" }, annotations: { p: "q" } });
  assert.deepEqual(fieldsOf(jobOf(suspended), moved), []);
  assert.deepEqual(fieldsOf(jobOf(suspended), jobOf(suspended, {}, { name: "other" })), ["spec.template"]);
});

test("the bound of failed indexes is compared with completions only where it is given", () => {
  const wrong = jobOf({ completionMode: "Indexed", completions: -1 });
  assert.deepEqual(steps.mistakes(wrong), ["spec.completions: Invalid value: -1: must be greater than or equal to 0"]);
});
