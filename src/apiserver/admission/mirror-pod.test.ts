// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/index.ts";
import { mirrorPodRefusal } from "./mirror-pod.ts";

const SECRETS = "a mirror pod may not reference secrets";
const CASES: readonly (readonly [what: string, spec: object, refusal: string | undefined])[] = [
  ["nothing", {}, undefined],
  ["an account", { serviceAccountName: "x" }, "a mirror pod may not reference service accounts"],
  ["a pull secret", { imagePullSecrets: [{ name: "s" }] }, SECRETS],
  ["a pull secret without a name", { imagePullSecrets: [{ name: "" }] }, undefined],
  ["all variables of a secret", { initContainers: [{ name: "i", envFrom: [{ secretRef: { name: "s" } }] }] }, SECRETS],
  ["a volume's secret", { volumes: [{ name: "v", azureFile: { secretName: "s", shareName: "n" } }] }, SECRETS],
  [
    "a token",
    { volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }] },
    "a mirror pod may not use ServiceAccountToken volume projections",
  ],
];

for (const [what, spec, refusal] of CASES)
  test(`a mirror pod that refers to ${what} is ${refusal ? "refused" : "taken"}`, () => {
    const pod = { metadata: { name: "p" }, spec: { containers: [], ...spec } } as unknown as Pod;
    assert.equal(mirrorPodRefusal(pod), refusal);
  });
