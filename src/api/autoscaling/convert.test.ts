// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { HorizontalPodAutoscaler as AutoscalerV1 } from "../generated/v1.35/autoscaling-v1.ts";
import type { HorizontalPodAutoscaler } from "../generated/v1.35/autoscaling-v2.ts";
import { ANNOTATIONS, normalizeV1, replaceInV1, toAutoscalerV2 } from "./convert.ts";

const autoscalerOf = (annotations: Record<string, string>, spec: object = {}): AutoscalerV1 => ({
  apiVersion: "autoscaling/v1",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "a", annotations },
  spec: { scaleTargetRef: { kind: "Deployment", name: "d" }, maxReplicas: 5, ...spec },
});
const normalized = (annotations: Record<string, string>, spec?: object): AutoscalerV1 => {
  const autoscaler = autoscalerOf(annotations, spec);
  normalizeV1(autoscaler);
  return autoscaler;
};

const WRONG: readonly string[] = [
  "no JSON",
  "{}",
  '[{"type":5}]',
  '[{"type":"Resource","resource":{"name":"cpu","targetAverageValue":"x"}}]',
];

for (const text of WRONG)
  test(`metrics that cannot be read count as none: ${text}`, () => {
    const { metadata, spec } = normalized({ [ANNOTATIONS.metrics]: text, other: "x" });
    assert.deepEqual(metadata.annotations, { other: "x" });
    assert.equal(spec.targetCPUUtilizationPercentage, 80);
  });

test("metrics that can be read are written as autoscaling/v2 would write them", () => {
  const metric = '{"type":"Pods","pods":{"TARGETAVERAGEVALUE":"1000m","metricName":"m","unknown":1}}';
  const { metadata, spec } = normalized({ [ANNOTATIONS.metrics]: `[${metric}]` });
  assert.deepEqual(metadata.annotations, {
    [ANNOTATIONS.metrics]: '[{"type":"Pods","pods":{"metricName":"m","targetAverageValue":"1"}}]',
  });
  assert.equal(spec.targetCPUUtilizationPercentage, undefined);
});

test("behavior in Go's names is read and written", () => {
  const behavior =
    '{"ScaleUp":{"StabilizationWindowSeconds":5,"Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}]}}';
  const v2 = toAutoscalerV2(normalized({ [ANNOTATIONS.behavior]: behavior })) as HorizontalPodAutoscaler;
  assert.deepEqual(v2.spec.behavior?.scaleUp, {
    stabilizationWindowSeconds: 5,
    policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
  });
});

test("a write of the status keeps the spec that stands in annotations, and the other way round", () => {
  const condition = '[{"type":"AbleToScale","status":"True","lastTransitionTime":null}]';
  const metrics = '[{"type":"External","external":{"metricName":"e","targetAverageValue":"3"}}]';
  const old = normalized({ [ANNOTATIONS.metrics]: metrics });
  const changed = normalized({ [ANNOTATIONS.conditions]: condition });
  replaceInV1(changed, "spec", old);
  assert.deepEqual(changed.metadata.annotations, {
    [ANNOTATIONS.metrics]: metrics,
    [ANNOTATIONS.conditions]: condition,
  });
  replaceInV1(changed, "status", old);
  assert.deepEqual(changed.metadata.annotations, { [ANNOTATIONS.metrics]: metrics });
});

test("a metric of the CPU in the annotation and one in the spec are both kept", () => {
  const metric = '[{"type":"Resource","resource":{"name":"cpu","targetAverageUtilization":50}}]';
  const autoscaler = normalized({ [ANNOTATIONS.metrics]: metric }, { targetCPUUtilizationPercentage: 0 });
  const utilizations = (toAutoscalerV2(autoscaler) as HorizontalPodAutoscaler).spec.metrics!.map(
    ({ resource }) => resource!.target.averageUtilization,
  );
  assert.deepEqual(utilizations, [50, 0]);
  assert.equal(autoscaler.metadata.annotations, undefined);
});
