// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("DaemonSet");
const GENERATION = "deprecated.daemonset.template.generation";
const setOf = (generation?: string): object => ({
  metadata: {
    name: "a",
    namespace: "default",
    ...(generation !== undefined && { annotations: { [GENERATION]: generation } }),
  },
  spec: {
    selector: { matchLabels: { a: "b" } },
    template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
});

for (const [given, kept] of [
  [undefined, "1"],
  ["+5", "5"],
  ["-3", "1"],
] as const)
  test(`the generation of a new template is written into an annotation: ${given ?? "none"}`, () => {
    assert.equal(steps.created(setOf(given)).metadata.annotations?.[GENERATION], kept);
  });

for (const [given, why] of [
  ["x", "invalid syntax"],
  ["", "invalid syntax"],
  ["99999999999999999999", "value out of range"],
] as const)
  test(`a generation of the template that is no number is refused: ${given}`, () => {
    assert.throws(() => steps.created(setOf(given)), {
      message: `DaemonSet in version "v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing "${given}": ${why}`,
    });
  });
