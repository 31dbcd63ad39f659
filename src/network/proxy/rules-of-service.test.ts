// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Service, ServiceSpec } from "../../api/index.ts";
import { rulesOfPod } from "./rules-of-pod.ts";
import { rulesOfService } from "./rules-of-service.ts";
import { NO_RULES } from "./service-rules.ts";

const options = { node: { name: "here", addresses: ["192.0.2.1"] }, family: "ipv4" } as const;

const service = (spec: Partial<ServiceSpec> = {}, labels?: Record<string, string>): Service => ({
  metadata: { name: "web", namespace: "default", labels },
  spec: { type: "ClusterIP", clusterIP: "10.96.0.1", ports: [{ port: 80, protocol: "TCP" }], ...spec },
});

const slice = (...endpoints: { address: string; nodeName?: string }[]): EndpointSlice => ({
  metadata: { name: "web-1" },
  addressType: "IPv4",
  ports: [{ port: 8080, protocol: "TCP" }],
  endpoints: endpoints.map(({ address, nodeName }) => ({ addresses: [address], nodeName })),
});

const targets = (spec: Partial<ServiceSpec>, ...slices: EndpointSlice[]) =>
  rulesOfService(service(spec), slices, options).frontends.map(
    ({ kind, target, outsideTarget }) => `${kind} ${target.type}${outsideTarget ? ` ${outsideTarget.type}` : ""}`,
  );

test("a ClusterIP leads to the ready endpoints, in an order of their own", () => {
  const rules = rulesOfService(service(), [slice({ address: "10.1.0.2" }, { address: "10.1.0.1" })], options);
  assert.deepEqual(rules, {
    groups: [
      {
        name: "/TCP/80/cluster",
        backends: [
          { address: "10.1.0.1", port: 8080, isLocalPod: false },
          { address: "10.1.0.2", port: 8080, isLocalPod: false },
        ],
        affinitySeconds: undefined,
      },
    ],
    frontends: [
      {
        kind: "cluster",
        address: "10.96.0.1",
        protocol: "tcp",
        port: 80,
        target: { type: "group", group: "/TCP/80/cluster" },
      },
    ],
    hostPorts: [],
  });
});

test("headless Services, external names, other proxies' Services and other families want nothing", () => {
  const slices = [slice({ address: "10.1.0.2" })];
  for (const object of [
    service({ clusterIP: "None" }),
    service({ type: "ExternalName", clusterIP: "" }),
    service({}, { "service.kubernetes.io/service-proxy-name": "mine" }),
    service({ clusterIP: "fd00::1" }),
  ]) {
    assert.deepEqual(rulesOfService(object, slices, options), NO_RULES);
  }
});

test("without endpoints connections are refused; with endpoints elsewhere, policy Local drops them", () => {
  const nodePort = { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] };
  assert.deepEqual(targets(nodePort), ["cluster reject", "node reject"]);
  const elsewhere = slice({ address: "10.1.0.2", nodeName: "there" });
  assert.deepEqual(targets({ ...nodePort, externalTrafficPolicy: "Local" }, elsewhere), [
    "cluster group",
    "node group drop",
  ]);
  assert.deepEqual(targets({ ...nodePort, externalTrafficPolicy: "Local" }), ["cluster reject", "node reject"]);
  assert.deepEqual(targets({ internalTrafficPolicy: "Local" }, elsewhere), ["cluster drop"]);
});

test("affinity lasts three hours unless it says otherwise", () => {
  const seconds = (spec: Partial<ServiceSpec>) =>
    rulesOfService(service(spec), [slice({ address: "10.1.0.2" })], options).groups[0]?.affinitySeconds;
  assert.equal(seconds({ sessionAffinity: "ClientIP" }), 10_800);
  assert.equal(seconds({ sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } }), 5);
  assert.equal(seconds({ sessionAffinity: "None" }), undefined);
});

test("balancer addresses are frontends unless the balancer is a proxy; source ranges are cleaned", () => {
  const object: Service = {
    ...service({ type: "LoadBalancer", loadBalancerSourceRanges: [" 10.1.2.3/8 ", "10.5.0.0/16", "192.0.2.7/32"] }),
    status: { loadBalancer: { ingress: [{ ip: "198.51.100.1" }, { ip: "198.51.100.2", ipMode: "Proxy" }] } },
  };
  const frontends = rulesOfService(object, [slice({ address: "10.1.0.2" })], options).frontends;
  assert.deepEqual(
    frontends.map(({ kind, address, sourceRanges }) => [kind, address, sourceRanges]),
    [
      ["cluster", "10.96.0.1", undefined],
      ["external", "198.51.100.1", ["10.0.0.0/8", "192.0.2.7/32"]],
    ],
  );
});

test("host ports of a pod count while it runs in its own network", () => {
  const pod = {
    metadata: { name: "p" },
    spec: {
      containers: [
        { name: "a", ports: [{ containerPort: 80, hostPort: 8080, hostIP: "0.0.0.0" }, { containerPort: 81 }] },
        { name: "b", ports: [{ containerPort: 53, hostPort: 53, hostIP: "192.0.2.9", protocol: "UDP" }] },
      ],
    },
    status: { phase: "Running", podIP: "10.1.0.7" },
  };
  const found = rulesOfPod(pod, { family: "ipv4" }).hostPorts;
  assert.deepEqual(
    found.map(({ address, protocol, port, backend }) => [
      address,
      protocol,
      port,
      `${backend.address}:${backend.port}`,
    ]),
    [
      [undefined, "tcp", 8080, "10.1.0.7:80"],
      ["192.0.2.9", "udp", 53, "10.1.0.7:53"],
    ],
  );
  assert.deepEqual(rulesOfPod({ ...pod, status: { ...pod.status, phase: "Failed" } }, { family: "ipv4" }), NO_RULES);
  assert.deepEqual(rulesOfPod({ ...pod, spec: { ...pod.spec, hostNetwork: true } }, { family: "ipv4" }), NO_RULES);
});
