// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../generated/v1.35/core-v1.ts";
import { KindSteps } from "../kind-steps.test.ts";
import { unifyPodIps } from "./pod-aliases.ts";

const steps = new KindSteps("Pod");
const created = (spec: object, metadata: object = {}): Pod =>
  steps.created({
    metadata: { name: "a", namespace: "default", ...metadata },
    spec: { containers: [{ name: "c", image: "i" }], ...spec },
  }) as Pod;

test("an account is known by both of its names, and the new name wins", () => {
  for (const [given, name] of [
    [{ serviceAccount: "old" }, "old"],
    [{ serviceAccountName: "new" }, "new"],
    [{ serviceAccount: "old", serviceAccountName: "new" }, "new"],
  ] as const) {
    const { spec } = created(given);
    assert.deepEqual([spec.serviceAccount, spec.serviceAccountName], [name, name]);
  }
});

test("annotations that once held init containers are taken away", () => {
  const annotations = { "pod.beta.kubernetes.io/init-containers": "[]", kept: "x" };
  assert.deepEqual(created({}, { annotations }).metadata.annotations, { kept: "x" });
  const alone = { "pod.alpha.kubernetes.io/init-container-statuses": "[]" };
  assert.equal(created({}, { annotations: alone }).metadata.annotations, undefined);
});

test("podIP and podIPs say the same, and podIP wins", () => {
  for (const [status, expected] of [
    [{ podIP: "1.2.3.4" }, { podIP: "1.2.3.4", podIPs: [{ ip: "1.2.3.4" }] }],
    [{ podIPs: [{ ip: "1.2.3.4" }] }, { podIP: "1.2.3.4", podIPs: [{ ip: "1.2.3.4" }] }],
    [
      { podIP: "1.2.3.4", podIPs: [{ ip: "5.6.7.8" }, { ip: "::1" }] },
      { podIP: "1.2.3.4", podIPs: [{ ip: "1.2.3.4" }] },
    ],
  ] as const) {
    const copy = structuredClone(status) as object;
    unifyPodIps(copy);
    assert.deepEqual(copy, expected);
  }
});
