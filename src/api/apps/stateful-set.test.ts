// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatefulSet } from "../generated/v1.35/apps-v1.ts";
import { KindSteps } from "../kind-steps.test.ts";

const steps = new KindSteps("StatefulSet");
const setOf = (spec: object = {}, podSpec: object = {}, metadata: object = {}): object => ({
  spec: {
    serviceName: "s",
    selector: { matchLabels: { a: "b" } },
    template: {
      metadata: { labels: { a: "b" }, ...metadata },
      spec: { containers: [{ name: "c", image: "i" }], ...podSpec },
    },
    ...spec,
  },
});
const claim = (name: string, rest: object = {}): object => ({
  metadata: { name },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  ...rest,
});

test("claims in templates are claims, whatever their writer called them", () => {
  const set = steps.created(setOf({ volumeClaimTemplates: [claim("v", { kind: "Pod", apiVersion: "x/y" })] }));
  const [first] = (set as StatefulSet).spec.volumeClaimTemplates!;
  assert.deepEqual([first!.apiVersion, first!.kind], ["v1", "PersistentVolumeClaim"]);
});

test("volumes of claims come before those of the template", () => {
  const volumes = [{ name: "d", nfs: { server: "", path: "/p" } }];
  assert.deepEqual(steps.mistakes(setOf({ volumeClaimTemplates: [claim("v")] }, { volumes })), [
    "spec.template.spec.volumes[1].nfs.server: Required value",
  ]);
});

test("host names of the template are not checked: each pod gets its own", () => {
  assert.deepEqual(steps.mistakes(setOf({}, { hostname: "NOT VALID", subdomain: "NOT VALID" })), []);
});

test("mistakes in the template's annotations are told twice", () => {
  const annotations = { "controller.kubernetes.io/pod-deletion-cost": "x" };
  const mistake =
    'spec.template.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "x": must be a 32bit integer';
  assert.deepEqual(steps.mistakes(setOf({}, {}, { annotations })), [mistake, mistake]);
});

test("a template that was accepted wrong may stay wrong", () => {
  const wrong = setOf({}, { containers: [{ name: "BAD", image: "i" }] });
  assert.equal(steps.mistakesOfUpdate(setOf(), wrong).length, 1);
  assert.deepEqual(steps.mistakesOfUpdate(wrong, wrong), []);
});
