// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Pod } from "../types.ts";
import { formatMap, podField } from "./field-ref.ts";

const pod = {
  metadata: { name: "web", namespace: "shop", uid: "u", labels: { b: "2", a: 'x"y\n' }, annotations: { "k/l": "v" } },
  spec: { nodeName: "n", serviceAccountName: "sa", containers: [] },
} as unknown as Pod;
const addresses = { podIps: ["10.0.0.1", "fd00::1"], hostIps: ["192.0.2.1"] };
const field = (path: string) => podField(pod, path, addresses);

test("labels are listed sorted and quoted", () => {
  assert.equal(formatMap(pod.metadata?.labels), 'a="x\\"y\\n"\nb="2"');
});

test("fields of metadata, spec and status can be referred to", () => {
  assert.equal(field("metadata.name"), "web");
  assert.equal(field("metadata.annotations['k/l']"), "v");
  assert.equal(field("metadata.labels['none']"), "");
  assert.equal(field("spec.nodeName"), "n");
  assert.equal(field("status.podIP"), "10.0.0.1");
  assert.equal(field("status.podIPs"), "10.0.0.1,fd00::1");
  assert.equal(field("status.hostIP"), "192.0.2.1");
});

test("other fields cannot", () => {
  assert.equal(field("spec.restartPolicy"), undefined);
});
