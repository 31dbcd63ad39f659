// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Pod, Service } from "../../api/index.ts";
import { silentLogger, type Clock } from "../../base/index.ts";
import { Informer, type ApiObject, type Cached, type ResourceClient } from "../../client/index.ts";
import type { StaleFlow } from "../ports.ts";
import { ServiceProxy } from "./service-proxy.ts";

const clock: Clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  setTimer: () => ({ cancel: () => undefined }),
  sleep: () => Promise.resolve(),
};
const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length) };

/** An informer that is fed by the test instead of a server. */
const informer = <T extends ApiObject>() =>
  new Informer<T>({ client: {} as ResourceClient<T>, clock, random, log: silentLogger });

let version = 0;
const stored = <T extends ApiObject>(object: T): Cached<T> => {
  const name = object.metadata?.name ?? "";
  const metadata = { namespace: "default", uid: name, resourceVersion: `${++version}`, ...object.metadata };
  return { ...object, metadata } as unknown as Cached<T>;
};

const service = (protocol = "TCP"): Cached<Service> =>
  stored<Service>({ metadata: { name: "web" }, spec: { clusterIP: "10.96.0.1", ports: [{ port: 80, protocol }] } });

const slice = (addresses: readonly string[], protocol = "TCP"): Cached<EndpointSlice> =>
  stored<EndpointSlice>({
    metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    ports: [{ port: 8080, protocol }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  });

class Kernel {
  readonly applied: string[] = [];
  readonly forgotten: StaleFlow[] = [];
  failures = 0;
  #waiting: (() => void)[] = [];

  async apply(text: string): Promise<void> {
    if (this.failures-- > 0) throw new Error("Out of memory");
    this.applied.push(text);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async forget(flows: readonly StaleFlow[]): Promise<void> {
    this.forgotten.push(...flows);
  }

  /** Resolves when so many transactions were applied. */
  async transactions(count: number): Promise<void> {
    while (this.applied.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

const start = (kernel: Kernel) => {
  const services = informer<Service>();
  const slices = informer<EndpointSlice>();
  const pods = informer<Pod>();
  const abort = new AbortController();
  const proxy = new ServiceProxy({
    services,
    slices,
    pods,
    node: { name: "here", addresses: ["192.0.2.1"] },
    settings: {
      family: "ipv4",
      table: "knarr",
      nodeAddresses: ["192.0.2.1"],
      localPodRanges: [],
      podRanges: [],
      serviceRanges: ["10.96.0.0/16"],
      clusterRanges: [],
    },
    nft: kernel,
    conntrack: kernel,
    clock,
    random,
    log: silentLogger,
  });
  const running = proxy.run(abort.signal);
  return {
    services,
    slices,
    pods,
    async stop() {
      abort.abort();
      await running;
    },
  };
};

test("the first transaction waits until everything is known, and replaces the whole table", async () => {
  const kernel = new Kernel();
  const { services, slices, pods, stop } = start(kernel);
  services.replace([service()]);
  slices.replace([slice(["10.1.0.1"])]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(kernel.applied.length, 0);
  pods.replace([]);
  await kernel.transactions(1);
  assert.match(kernel.applied[0] ?? "", /delete table ip knarr/);
  assert.match(kernel.applied[0] ?? "", /add element ip knarr slots \{ 1 \. 0 : 10\.1\.0\.1 \. 8080 \}/);
  await stop();
});

test("a changed slice changes only its Service; several changes at once are one transaction", async () => {
  const kernel = new Kernel();
  const { services, slices, pods, stop } = start(kernel);
  services.replace([service()]);
  slices.replace([slice(["10.1.0.1"])]);
  pods.replace([]);
  await kernel.transactions(1);
  slices.apply(slice(["10.1.0.2"]));
  slices.apply(slice(["10.1.0.3"]));
  await kernel.transactions(2);
  assert.equal(
    kernel.applied[1],
    "delete element ip knarr slots { 1 . 0 }\nadd element ip knarr slots { 1 . 0 : 10.1.0.3 . 8080 }\n",
  );
  services.remove(service());
  await kernel.transactions(3);
  assert.match(kernel.applied[2] ?? "", /delete element ip knarr cluster-ports/);
  await stop();
});

test("after a transaction that failed, everything is sent again", async () => {
  const kernel = new Kernel();
  const { services, slices, pods, stop } = start(kernel);
  services.replace([service()]);
  slices.replace([slice(["10.1.0.1"])]);
  pods.replace([]);
  await kernel.transactions(1);
  kernel.failures = 2;
  slices.apply(slice(["10.1.0.2"]));
  await kernel.transactions(2);
  assert.match(kernel.applied[1] ?? "", /delete table ip knarr[^]*10\.1\.0\.2/);
  await stop();
});

test("UDP flows to an endpoint that went are forgotten after the rules changed", async () => {
  const kernel = new Kernel();
  const { services, slices, pods, stop } = start(kernel);
  services.replace([service("UDP")]);
  slices.replace([slice(["10.1.0.1", "10.1.0.2"], "UDP")]);
  pods.replace([]);
  await kernel.transactions(1);
  slices.apply(slice(["10.1.0.2"], "UDP"));
  await kernel.transactions(2);
  await stop();
  assert.deepEqual(kernel.forgotten, [{ protocol: "udp", address: "10.96.0.1", port: 80, backend: "10.1.0.1" }]);
});
