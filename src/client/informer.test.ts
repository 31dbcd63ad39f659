// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "../api/index.ts";
import { StatusError } from "../apimachinery/index.ts";
import { silentLogger, TaskGroup } from "../base/index.ts";
import { ADMIN, type Cluster } from "../cluster/index.ts";
import { inProcessPeer } from "../cluster/identity.ts";
import { SeededRandom, type VirtualClock } from "../simulation/index.ts";
import { virtualCluster } from "../../test/scenario/virtual-time.ts";
import { Client } from "./client.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { InformerFactory } from "./informer-factory.ts";
import { CONFIG_MAPS } from "./resources.ts";
import type { ClientRequest, Transport } from "./transport.ts";

const { signal } = new AbortController();

/** The API server's own transport, with what a test does to its requests. */
class MeddlingTransport implements Transport {
  readonly #transport: Transport;
  readonly paths: string[] = [];
  /** Throws to break a request. */
  meddle: (request: ClientRequest) => void = () => {};
  readonly #cuts = new Set<AbortController>();

  constructor(cluster: Cluster) {
    this.#transport = createInProcessTransport(cluster.controlPlane.apiServer.handler, inProcessPeer(ADMIN));
  }

  async request(request: ClientRequest) {
    this.paths.push(`${request.method} ${request.path}`);
    this.meddle(request);
    const cut = new AbortController();
    this.#cuts.add(cut);
    return this.#transport.request({ ...request, signal: AbortSignal.any([request.signal, cut.signal]) });
  }

  /** Breaks every connection that is open. */
  cut(): void {
    for (const cut of this.#cuts) cut.abort(new Error("Connection was cut"));
    this.#cuts.clear();
  }
}

interface Setup extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly transport: MeddlingTransport;
  readonly informers: InformerFactory;
  readonly group: TaskGroup;
}

async function setup(): Promise<Setup> {
  const story = await virtualCluster({ apiOnly: true });
  const { cluster, clock } = story;
  const transport = new MeddlingTransport(cluster);
  const client = new Client({ transport, userAgent: "test" });
  const informers = new InformerFactory({ client, clock, random: new SeededRandom(7), log: silentLogger });
  const group = new TaskGroup();
  return {
    cluster,
    clock,
    transport,
    informers,
    group,
    async [Symbol.asyncDispose]() {
      await group.stop();
      await story[Symbol.asyncDispose]();
    },
  };
}

const mapsOf = (cluster: Cluster) => cluster.client.resource(CONFIG_MAPS).namespace("default");
const configMap = (name: string, value = "1"): ConfigMap => ({ metadata: { name }, data: { value } });
const LIST = "GET /api/v1/configmaps?resourceVersion=0";
const isWatch = (path: string): boolean => path.includes("watch=true");

function recorded({ informers }: Setup): { log: string[]; names(): string[] } {
  const informer = informers.informer(CONFIG_MAPS, { namespace: "default" });
  const log: string[] = [];
  informer.addHandler({
    added: ({ metadata, data }) => log.push(`+${metadata.name}=${data?.["value"]}`),
    updated: ({ metadata, data }, old) => log.push(`~${metadata.name}=${old.data?.["value"]}>${data?.["value"]}`),
    deleted: ({ metadata }) => log.push(`-${metadata.name}`),
  });
  return { log, names: () => [...informer.lister.list()].map(({ metadata }) => metadata.name).sort() };
}

async function synced(s: Setup): Promise<void> {
  s.informers.start(s.group);
  await s.clock.advanceUntil(() => s.informers.informer(CONFIG_MAPS, { namespace: "default" }).hasSynced, {
    limitMs: 60_000,
  });
}

test("an informer holds what was there, and tells what comes, changes and goes", async () => {
  await using s = await setup();
  const maps = mapsOf(s.cluster);
  await maps.create(configMap("a"), { signal });
  const { log, names } = recorded(s);
  await synced(s);
  await maps.create(configMap("b"), { signal });
  await maps.update(configMap("a", "2"), { signal });
  await maps.delete("b", { signal });
  await s.clock.settle();
  assert.deepEqual(log, ["+a=1", "+b=1", "~a=1>2", "-b"]);
  assert.deepEqual(names(), ["a"]);
  assert.equal(s.transport.paths.length, 1);
  assert.match(s.transport.paths[0]!, /sendInitialEvents=true/);
});

test("two who ask for the same objects share one watch, and a late one is told what is there", async () => {
  await using s = await setup();
  await mapsOf(s.cluster).create(configMap("a"), { signal });
  recorded(s);
  await synced(s);
  const late = recorded(s);
  assert.deepEqual(late.log, ["+a=1"]);
  assert.equal(s.transport.paths.length, 1);
});

test("a watch that breaks goes on where it was", async () => {
  await using s = await setup();
  const { log } = recorded(s);
  await synced(s);
  const maps = mapsOf(s.cluster);
  await maps.create(configMap("a"), { signal });
  await s.clock.settle();
  s.transport.cut();
  await s.clock.settle();
  await maps.create(configMap("b"), { signal });
  await s.clock.advance(5_000);
  assert.deepEqual(log, ["+a=1", "+b=1"]);
  const last = s.transport.paths.at(-1)!;
  assert.ok(isWatch(last) && !last.includes("sendInitialEvents"));
});

test("after a compaction everything is got again, and what went meanwhile is told", async () => {
  await using s = await setup();
  const { log, names } = recorded(s);
  const maps = mapsOf(s.cluster);
  await maps.create(configMap("a"), { signal });
  await synced(s);
  s.transport.meddle = () => {
    throw new StatusError({ message: "not now", code: 503 });
  };
  s.transport.cut();
  await s.clock.settle();
  await maps.delete("a", { signal });
  await maps.create(configMap("b"), { signal });
  s.transport.meddle = ({ path }) => {
    if (path.includes("resourceVersion=") && !path.includes("sendInitialEvents"))
      throw new StatusError({ message: "too old", reason: "Expired", code: 410 });
  };
  await s.clock.advance(60_000);
  assert.deepEqual(log, ["+a=1", "+b=1", "-a"]);
  assert.deepEqual(names(), ["b"]);
});

test("a server that cannot send initial events is listed and then watched", async () => {
  await using s = await setup();
  s.transport.meddle = ({ path }) => {
    if (path.includes("sendInitialEvents")) throw new StatusError({ message: "what?", reason: "Invalid", code: 422 });
  };
  await mapsOf(s.cluster).create(configMap("a"), { signal });
  const { log } = recorded(s);
  await synced(s);
  assert.ok(s.transport.paths.includes(LIST.replace("configmaps", "namespaces/default/configmaps")));
  await mapsOf(s.cluster).create(configMap("b"), { signal });
  await s.clock.settle();
  assert.deepEqual(log, ["+a=1", "+b=1"]);
});

test("a server that is down is asked again, less and less often", async () => {
  await using s = await setup();
  s.transport.meddle = () => {
    throw new Error("connection refused");
  };
  recorded(s);
  s.informers.start(s.group);
  await s.clock.advance(600_000);
  const attempts = s.transport.paths.length;
  assert.ok(attempts > 10 && attempts < 40, `${attempts} attempts in ten minutes`);
  s.transport.meddle = () => {};
  await s.clock.advance(60_000);
  assert.equal(s.informers.informer(CONFIG_MAPS, { namespace: "default" }).hasSynced, true);
});

test("an object that was deleted and made anew unseen is told as both", async () => {
  await using s = await setup();
  const { log } = recorded(s);
  const maps = mapsOf(s.cluster);
  await maps.create(configMap("a"), { signal });
  await synced(s);
  s.transport.meddle = () => {
    throw new Error("connection refused");
  };
  s.transport.cut();
  await s.clock.settle();
  await maps.delete("a", { signal });
  await maps.create(configMap("a", "2"), { signal });
  s.transport.meddle = ({ path }) => {
    if (isWatch(path) && !path.includes("sendInitialEvents"))
      throw new StatusError({ message: "too old", reason: "Expired", code: 410 });
  };
  await s.clock.advance(60_000);
  assert.deepEqual(log, ["+a=1", "-a", "+a=2"]);
});

const ROUNDS = 24;
const NAMES = 8;
const CHANGES_A_ROUND = 12;
/** Two intervals of the server's compaction: what happened before them is forgotten. */
const FORGOTTEN_MS = 11 * 60_000;

/** What handlers have been told, put together, and whether it ever contradicted itself. */
function told({ informers }: Setup): Map<string, string> {
  const objects = new Map<string, string>();
  informers.informer(CONFIG_MAPS, { namespace: "default" }).addHandler({
    added({ metadata }) {
      assert.equal(objects.has(metadata.name), false, `${metadata.name} came twice`);
      objects.set(metadata.name, metadata.resourceVersion);
    },
    updated({ metadata }, old) {
      assert.equal(objects.get(metadata.name), old.metadata.resourceVersion);
      objects.set(metadata.name, metadata.resourceVersion);
    },
    deleted: ({ metadata }) => assert.ok(objects.delete(metadata.name), `${metadata.name} was not there`),
  });
  return objects;
}

async function changeAtRandom({ cluster }: Setup, random: SeededRandom, round: number): Promise<void> {
  const maps = mapsOf(cluster);
  for (let i = 0; i < CHANGES_A_ROUND; i++) {
    const name = `m${Math.floor(random.next() * NAMES)}`;
    const there = (await maps.list({ signal })).items.some(({ metadata }) => metadata.name === name);
    if (!there) await maps.create(configMap(name, `${round}`), { signal });
    else if (random.next() < 0.5) await maps.delete(name, { signal });
    else await maps.update(configMap(name, `${round}.${i}`), { signal });
  }
}

test("whatever breaks in between, an informer ends with what a list gives", async () => {
  await using s = await setup();
  const random = new SeededRandom(11);
  const objects = told(s);
  await synced(s);
  const states = (): number => s.transport.paths.filter((path) => path.includes("sendInitialEvents")).length;
  let forgotten = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = states();
    const outage = random.next();
    if (outage < 0.6) {
      s.transport.meddle = () => {
        throw new Error("connection refused");
      };
    }
    if (outage < 0.8) s.transport.cut();
    await changeAtRandom(s, random, round);
    if (outage < 0.3) await s.clock.advance(FORGOTTEN_MS);
    s.transport.meddle = () => {};
    const listed = async (): Promise<string[]> =>
      (await mapsOf(s.cluster).list({ signal })).items.map((o) => `${o.metadata.name}@${o.metadata.resourceVersion}`);
    const expected = (await listed()).sort().join();
    const seen = (): string =>
      [...objects]
        .map(([name, revision]) => `${name}@${revision}`)
        .sort()
        .join();
    await s.clock.advanceUntil(() => seen() === expected, { limitMs: 120_000 });
    assert.equal(seen(), expected, `round ${round}`);
    const { lister } = s.informers.informer(CONFIG_MAPS, { namespace: "default" });
    assert.equal([...lister.list()].length, objects.size);
    if (outage < 0.3 && states() > before) forgotten++;
  }
  assert.ok(forgotten > 2, "410 sends the informer back to the beginning");
});
