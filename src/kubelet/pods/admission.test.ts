// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "../types.ts";
import { admit, requestsOf } from "./admission.ts";
import { PodRecord } from "./pod-record.ts";

const capacity = { cpuMillis: 2_000, memoryBytes: 1024 ** 3, ephemeralStorageBytes: 1024 ** 3, pods: 3 };
const node = { metadata: { name: "n", labels: { disk: "ssd" } }, spec: {} } as unknown as Node;

const pod = (spec: object = {}): Pod =>
  ({ metadata: { name: "p" }, spec: { containers: [{ name: "c" }], ...spec } }) as unknown as Pod;

const asking = (requests: object, ports: object[] = []): Pod =>
  pod({ containers: [{ name: "c", resources: { requests }, ports }] });

function admitted(p: Pod): PodRecord {
  const record = new PodRecord(p, 0);
  record.requests = requestsOf(p);
  return record;
}

const decide = (p: Pod, others: readonly PodRecord[] = [], on: Node = node) =>
  admit(p, requestsOf(p), { node: on, others, capacity });

test("a pod that fits is taken", () => {
  assert.equal(decide(asking({ cpu: "1500m", memory: "512Mi" }), [admitted(asking({ cpu: "500m" }))]), undefined);
});

test("what others use counts, until they have ended", () => {
  const other = admitted(asking({ cpu: "1" }));
  assert.deepEqual(decide(asking({ cpu: "1500m" }), [other]), {
    reason: "OutOfcpu",
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  });
  other.life = "finished";
  assert.equal(decide(asking({ cpu: "1500m" }), [other]), undefined);
});

test("a node takes no more pods than its limit", () => {
  const others = [1, 2, 3].map(() => admitted(pod()));
  assert.equal(decide(pod(), others)?.reason, "OutOfpods");
});

test("a pod that asks for another node is refused", () => {
  assert.deepEqual(decide(pod({ nodeSelector: { disk: "hdd" } })), {
    reason: "NodeAffinity",
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  });
});

test("a taint that lets nothing run refuses who does not tolerate it", () => {
  const tainted = { ...node, spec: { taints: [{ key: "down", effect: "NoExecute" }] } } as unknown as Node;
  assert.equal(decide(pod(), [], tainted)?.reason, "TaintToleration");
  assert.equal(decide(pod({ tolerations: [{ key: "down", operator: "Exists" }] }), [], tainted), undefined);
});

test("a port of the node is given once", () => {
  const http = [{ containerPort: 80, hostPort: 80 }];
  assert.equal(decide(asking({}, http), [admitted(asking({}, http))])?.reason, "NodePorts");
  const own = [{ containerPort: 80, hostPort: 80, hostIP: "10.0.0.1" }];
  const others = [admitted(asking({}, [{ ...http[0], hostIP: "10.0.0.2" }]))];
  assert.equal(decide(asking({}, own), others), undefined);
});

test("only kernel settings of the pod's own may be changed", () => {
  const withSysctl = (name: string, more: object = {}) =>
    decide(pod({ securityContext: { sysctls: [{ name, value: "1" }] }, ...more }));
  assert.equal(withSysctl("net.ipv4.tcp_syncookies"), undefined);
  assert.equal(withSysctl("net.ipv4.tcp_syncookies", { hostNetwork: true })?.reason, "SysctlForbidden");
  assert.deepEqual(withSysctl("kernel.msgmax"), {
    reason: "SysctlForbidden",
    message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
});
