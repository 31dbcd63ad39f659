// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  NO_RULES,
  NftRuleset,
  rulesOfPod,
  rulesOfService,
  type NftSettings,
  type ServiceRules,
} from "../../network/index.ts";
import type { EndpointSlice, Pod, Service, ServiceSpec } from "../../api/index.ts";
import { missingForNodes } from "../node/node-requirements.ts";
import { ConntrackCommand, NftCommand } from "./nft-command.ts";
import { ServiceLab, type CallResult, type Place } from "../../../test/fixtures/service-lab.ts";

const skip = await missingForNodes();
const signal = new AbortController().signal;
const PORT = 8080;

let lab: ServiceLab;
/** Two pods on node 1, one on node 2. */
let pods: Place[];
let rulesets: NftRuleset[];

before(async () => {
  if (skip) return;
  lab = await ServiceLab.create(`s${process.pid % 100_000}`, 2);
  pods = await Promise.all([lab.createPod(1, 2), lab.createPod(1, 3), lab.createPod(2, 2)]);
  for (const pod of pods) {
    await lab.serve(pod, PORT);
    await lab.serve(pod, PORT, "udp");
  }
  rulesets = [1, 2].map((index) => new NftRuleset(settings(index)));
  await apply("all");
});

after(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const settings = (index: number): NftSettings => {
  const { nodes, pods: podRange, services } = lab.ranges;
  const node = lab.node(index);
  return {
    family: "ipv4",
    table: "knarr",
    nodeAddresses: [node.address],
    localPodRanges: [node.podRange],
    podRanges: [podRange],
    serviceRanges: [services],
    clusterRanges: [nodes, podRange, services],
  };
};

const apply = async (what: "all" | "changes") => {
  for (const [i, ruleset] of rulesets.entries()) {
    const text = what === "all" ? ruleset.takeAll() : ruleset.takeChanges();
    if (text) await new NftCommand(lab.nodeCommands(i + 1)).apply(text, { signal });
  }
};

const serviceAddress = (offset: number): string => lab.ranges.services.replace(/\.0\.0\/16$/, `.1.${offset}`);

const service = (offset: number, spec: Partial<ServiceSpec> = {}, ingress: string[] = []): Service => ({
  metadata: { name: `service-${offset}`, namespace: "default" },
  spec: {
    type: "ClusterIP",
    clusterIP: serviceAddress(offset),
    clusterIPs: [serviceAddress(offset)],
    ports: [{ port: 80, protocol: "TCP" }],
    ...spec,
  },
  status: { loadBalancer: { ingress: ingress.map((address) => ({ ip: address })) } },
});

const sliceOf = (places: readonly Place[], protocol = "TCP"): EndpointSlice => ({
  metadata: { name: "slice" },
  addressType: "IPv4",
  ports: [{ port: PORT, protocol }],
  endpoints: places.map((place) => ({
    addresses: [place.address],
    nodeName: place.name.replace(/^pod-(\d).*/, "node-$1"),
    conditions: { ready: true },
  })),
});

/** Gives a Service these endpoints on both nodes. */
const publish = async (object: Service, places: readonly Place[], protocol = "TCP") => {
  const slices = [sliceOf(places, protocol)];
  for (const [i, ruleset] of rulesets.entries()) {
    const rules = rulesOfService(object, slices, { node: lab.proxyNode(i + 1), family: "ipv4" });
    ruleset.replace(object.metadata?.name ?? "", rules);
  }
  await apply("changes");
};

const replaceOn = async (index: number, owner: string, rules: ServiceRules) => {
  rulesets[index - 1]?.replace(owner, rules);
  await apply("changes");
};

const names = (results: readonly CallResult[]): string[] =>
  [...new Set(results.map(({ name, error }) => name ?? error ?? ""))].sort();
const sources = (results: readonly CallResult[]): string[] =>
  [...new Set(results.map(({ source, error }) => source ?? error ?? ""))].sort();
const podNames = (...indices: number[]): string[] => indices.map((i) => pods[i]?.name ?? "");
const pod = (index: number): Place => {
  const place = pods[index];
  assert.ok(place);
  return place;
};

test("a ClusterIP reaches every endpoint, from a pod, a node and the machine", { skip }, async () => {
  await publish(service(1), pods);
  for (const from of [pod(0), lab.node(1), lab.node(2), lab.machine]) {
    const results = await lab.call(from, serviceAddress(1), 80, { count: 40 });
    assert.deepEqual(names(results), podNames(0, 1, 2), `from ${from.name}`);
  }
});

test("pods keep their address behind a ClusterIP, but not towards themselves; the machine gets the node's", {
  skip,
}, async () => {
  await publish(service(2), [pod(2)]);
  assert.deepEqual(sources(await lab.call(pod(0), serviceAddress(2), 80)), [pod(0).address]);
  assert.deepEqual(sources(await lab.call(lab.node(1), serviceAddress(2), 80)), [lab.node(1).address]);
  assert.deepEqual(sources(await lab.call(lab.machine, serviceAddress(2), 80)), [lab.node(1).address]);
  await publish(service(2), [pod(0)]);
  const gateway = pod(0).address.replace(/\.2$/, ".1");
  assert.deepEqual(sources(await lab.call(pod(0), serviceAddress(2), 80, { count: 3 })), [gateway]);
});

test("connections are shared evenly, and an endpoint that goes gets none", { skip }, async () => {
  await publish(service(3), pods);
  const results = await lab.call(pod(0), serviceAddress(3), 80, { count: 300 });
  for (const name of podNames(0, 1, 2)) {
    const share = results.filter((result) => result.name === name).length;
    assert.ok(share > 60 && share < 140, `${name} got ${share} of 300`);
  }
  await publish(service(3), [pod(0), pod(2)]);
  assert.deepEqual(names(await lab.call(pod(1), serviceAddress(3), 80, { count: 40 })), podNames(0, 2));
});

test("a Service without endpoints refuses at once, and so does an unused port", { skip }, async () => {
  await publish(service(4, { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 30_004 }] }), []);
  for (const from of [pod(0), lab.node(1), lab.machine]) {
    assert.deepEqual(names(await lab.call(from, serviceAddress(4), 80)), ["ECONNREFUSED"], `from ${from.name}`);
    assert.deepEqual(names(await lab.call(from, serviceAddress(4), 81)), ["ECONNREFUSED"], `from ${from.name}`);
    assert.deepEqual(names(await lab.call(from, lab.node(1).address, 30_004)), ["ECONNREFUSED"], `from ${from.name}`);
  }
});

test("a node port is answered by every node, whatever the endpoint's node", { skip }, async () => {
  await publish(service(5, { type: "NodePort", ports: [{ port: 80, protocol: "TCP", nodePort: 30_005 }] }), [pod(2)]);
  for (const from of [pod(0), pod(2), lab.node(1), lab.machine]) {
    for (const to of [lab.node(1), lab.node(2)]) {
      const results = await lab.call(from, to.address, 30_005, { count: 2 });
      assert.deepEqual(names(results), podNames(2), `from ${from.name} to ${to.name}`);
    }
  }
});

test("externalTrafficPolicy Local keeps the client's address, and drops where there is no endpoint", {
  skip,
}, async () => {
  const spec: Partial<ServiceSpec> = {
    type: "NodePort",
    externalTrafficPolicy: "Local",
    ports: [{ port: 80, protocol: "TCP", nodePort: 30_006 }],
  };
  await publish(service(6, spec), [pod(2)]);
  assert.deepEqual(sources(await lab.call(lab.machine, lab.node(2).address, 30_006)), [lab.machine.address]);
  assert.deepEqual(names(await lab.call(lab.machine, lab.node(1).address, 30_006)), ["timeout"]);
  assert.deepEqual(names(await lab.call(pod(0), lab.node(1).address, 30_006)), podNames(2));
  assert.deepEqual(names(await lab.call(lab.node(1), serviceAddress(6), 80)), podNames(2));
});

test("internalTrafficPolicy Local uses the node's own endpoints, and drops without any", { skip }, async () => {
  await publish(service(7, { internalTrafficPolicy: "Local" }), [pod(0), pod(2)]);
  assert.deepEqual(names(await lab.call(pod(1), serviceAddress(7), 80, { count: 20 })), podNames(0));
  assert.deepEqual(names(await lab.call(lab.node(2), serviceAddress(7), 80, { count: 20 })), podNames(2));
  await publish(service(7, { internalTrafficPolicy: "Local" }), [pod(2)]);
  assert.deepEqual(names(await lab.call(pod(1), serviceAddress(7), 80)), ["timeout"]);
  assert.deepEqual(names(await lab.call(lab.node(1), serviceAddress(7), 80)), ["timeout"]);
});

test("session affinity returns a client to its backend until that is gone", { skip }, async () => {
  const affine = service(8, {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
  });
  await publish(affine, pods);
  const first = names(await lab.call(pod(0), serviceAddress(8), 80, { count: 20 }));
  assert.equal(first.length, 1);
  assert.deepEqual(names(await lab.call(pod(0), serviceAddress(8), 80, { count: 20 })), first);
  const others = pods.filter((place) => place.name !== first[0]);
  await publish(affine, others);
  const second = names(await lab.call(pod(0), serviceAddress(8), 80, { count: 20 }));
  assert.equal(second.length, 1);
  assert.notDeepEqual(second, first);
  await publish(affine, pods);
  assert.deepEqual(names(await lab.call(pod(0), serviceAddress(8), 80, { count: 20 })), second);
  await publish(service(8), pods);
  assert.deepEqual(names(await lab.call(pod(0), serviceAddress(8), 80, { count: 60 })), podNames(0, 1, 2));
});

test("session affinity ends with its time", { skip }, async () => {
  const affine = service(9, {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } },
  });
  await publish(affine, pods);
  const seen = new Set<string>();
  for (let round = 0; seen.size < 2 && round < 12; round++) {
    for (const name of names(await lab.call(pod(0), serviceAddress(9), 80, { count: 5 }))) seen.add(name);
    // The time is the kernel's: there is no virtual clock to move.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
  assert.ok(seen.size >= 2);
});

test("UDP is led like TCP, and its flows can be turned away from an endpoint that went", { skip }, async () => {
  const udp = service(10, { ports: [{ port: 53, protocol: "UDP" }] });
  await publish(udp, [pod(1)], "UDP");
  const call = () => lab.call(pod(0), serviceAddress(10), 53, { protocol: "udp", local: "40010" });
  assert.deepEqual(names(await call()), podNames(1));
  await publish(udp, [pod(2)], "UDP");
  assert.deepEqual(names(await call()), podNames(1), "the kernel keeps the flow");
  const flow = { protocol: "udp", address: serviceAddress(10), port: 53, backend: pod(1).address } as const;
  await new ConntrackCommand(lab.nodeCommands(1)).forget([flow, flow], { signal });
  assert.deepEqual(names(await call()), podNames(2));
});

test("external and balancer addresses lead to the endpoints, the latter for allowed sources only", {
  skip,
}, async () => {
  const [external = "", balancer = ""] = ["198.51.100.1", "198.51.100.2"];
  const spec: Partial<ServiceSpec> = {
    type: "LoadBalancer",
    externalIPs: [external],
    loadBalancerSourceRanges: [`${lab.machine.address}/32`, "203.0.113.0/24"],
  };
  await publish(service(11, spec, [balancer]), [pod(2)]);
  assert.deepEqual(names(await lab.call(pod(0), external, 80)), podNames(2));
  assert.deepEqual(names(await lab.call(pod(0), balancer, 80)), ["timeout"]);
  await publish(service(11, { ...spec, loadBalancerSourceRanges: ["10.0.0.0/8", lab.node(1).podRange] }, [balancer]), [
    pod(2),
  ]);
  assert.deepEqual(names(await lab.call(pod(0), balancer, 80)), podNames(2));
});

test("a host port leads to its pod at the addresses it asks for, loopback included", { skip }, async () => {
  const hostPod = (port: number, hostIP?: string): Pod => ({
    metadata: { name: "host-port" },
    spec: { containers: [{ name: "c", ports: [{ containerPort: PORT, hostPort: port, hostIP, protocol: "TCP" }] }] },
    status: { phase: "Running", podIP: pod(0).address },
  });
  const { address } = lab.node(1);
  await replaceOn(1, "pod/any", rulesOfPod(hostPod(9_001), { family: "ipv4" }));
  await replaceOn(1, "pod/loopback", rulesOfPod(hostPod(9_002, "127.0.0.1"), { family: "ipv4" }));
  for (const from of [lab.machine, lab.node(1), lab.node(2), pod(0), pod(1), pod(2)]) {
    assert.deepEqual(names(await lab.call(from, address, 9_001)), podNames(0), `from ${from.name}`);
  }
  assert.deepEqual(sources(await lab.call(lab.machine, address, 9_001)), [lab.machine.address]);
  assert.deepEqual(names(await lab.call(lab.node(1), "127.0.0.1", 9_001)), podNames(0));
  assert.deepEqual(names(await lab.call(lab.node(1), "127.0.0.1", 9_002)), podNames(0));
  assert.deepEqual(names(await lab.call(lab.node(1), "127.0.0.1", 9_002, { local: address })), podNames(0));
  assert.deepEqual(names(await lab.call(lab.machine, address, 9_002)), ["ECONNREFUSED"]);
  await replaceOn(1, "pod/any", NO_RULES);
  assert.deepEqual(names(await lab.call(lab.machine, address, 9_001)), ["ECONNREFUSED"]);
});

test("pods are seen under their own address inside the cluster", { skip }, async () => {
  await lab.serve(lab.node(2), 9_100);
  await lab.serve(lab.machine, 29_101);
  assert.deepEqual(sources(await lab.call(pod(0), pod(2).address, PORT)), [pod(0).address]);
  assert.deepEqual(sources(await lab.call(pod(0), lab.node(2).address, 9_100)), [pod(0).address]);
  assert.deepEqual(sources(await lab.call(pod(0), lab.machine.address, 29_101)), [pod(0).address]);
  assert.deepEqual(sources(await lab.call(lab.machine, pod(2).address, PORT)), [lab.machine.address]);
});

test("the whole table replaces what was left of an earlier one", { skip }, async () => {
  await publish(service(12), [pod(2)]);
  await apply("all");
  assert.deepEqual(names(await lab.call(pod(0), serviceAddress(12), 80, { count: 3 })), podNames(2));
  await publish(service(12), [pod(1)]);
  assert.deepEqual(names(await lab.call(pod(0), serviceAddress(12), 80, { count: 3 })), podNames(1));
});
