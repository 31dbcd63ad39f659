// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "../generated/v1.35/apps-v1.ts";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("Deployment");
const deploymentOf = (spec: object = {}, labels: object = { app: "web" }): object => ({
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx" }] } },
    ...spec,
  },
});

test("a deployment is filled as upstream fills it", () => {
  const { spec, status } = steps.created({ ...deploymentOf(), status: { replicas: 3 } }) as Deployment;
  assert.equal(spec.replicas, 1);
  assert.equal(spec.revisionHistoryLimit, 10);
  assert.equal(spec.progressDeadlineSeconds, 600);
  assert.deepEqual(spec.strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
  });
  assert.equal(spec.template.spec!.restartPolicy, "Always");
  assert.deepEqual(status, {});
});

test("mistakes in deployments are told in upstream's words", () => {
  assert.deepEqual(steps.mistakes(deploymentOf({}, { app: "other" })), [
    'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(steps.mistakes(deploymentOf({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } })), [
    "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0",
  ]);
  assert.deepEqual(steps.mistakes(deploymentOf({ replicas: -1 })), [
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ]);
});

test("the selector stays", () => {
  const [mistake = ""] = steps.mistakesOfUpdate(
    deploymentOf(),
    deploymentOf({ selector: { matchLabels: { app: "other" } } }, { app: "other" }),
  );
  assert.match(mistake, /^spec\.selector: Invalid value: .*: field is immutable$/);
});

test("the table counts replicas", () => {
  const deployment = steps.created(deploymentOf({ replicas: 3 })) as Deployment;
  deployment.status = { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 };
  assert.deepEqual(steps.cells(deployment).slice(0, 4), ["a", "1/3", 2, 1]);
});
