// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, TaskGroup } from "../base/index.ts";
import { SeededRandom } from "../simulation/index.ts";
import { virtualCluster } from "../../test/scenario/virtual-time.ts";
import { ADMIN } from "../cluster/index.ts";
import { inProcessPeer } from "../cluster/identity.ts";
import { Client } from "./client.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { LeaderElector } from "./leader-elector.ts";
import { LEASES } from "./resources.ts";
import type { Transport } from "./transport.ts";

const { signal } = new AbortController();

interface Candidate {
  readonly name: string;
  readonly group: TaskGroup;
  readonly elector: LeaderElector;
  leads: boolean;
}

type Story = Awaited<ReturnType<typeof virtualCluster>>;

function candidate({ cluster, clock }: Story, name: string, client: Client = cluster.client): Candidate {
  const options = { client, namespace: "kube-system", name: "boss", identity: name, clock, log: silentLogger };
  const elector = new LeaderElector({ ...options, random: new SeededRandom(name.charCodeAt(0)) });
  const self: Candidate = { name, group: new TaskGroup(), elector, leads: false };
  self.group.run(name, (s) => elector.run((leading) => lead(self, leading), { signal: s }));
  return self;
}

async function lead(self: Candidate, leading: AbortSignal): Promise<void> {
  self.leads = true;
  await new Promise<void>((resolve) => leading.addEventListener("abort", () => resolve(), { once: true }));
  self.leads = false;
}

test("one of several leads, and the next takes over as soon as it steps down", async () => {
  await using story = await virtualCluster({ apiOnly: true });
  const { clock, cluster } = story;
  const a = candidate(story, "a");
  await clock.advance(1_000);
  const b = candidate(story, "b");
  await clock.advance(60_000);
  assert.deepEqual([a.leads, b.leads], [true, false]);
  const stopping = a.group.stop();
  await clock.advance(6_000);
  await stopping;
  assert.deepEqual([a.leads, b.leads], [false, true]);
  const lease = await cluster.client.resource(LEASES).namespace("kube-system").get("boss", { signal });
  assert.equal(lease.spec.holderIdentity, "b");
  assert.equal(lease.spec.leaseTransitions, 1);
  const ending = b.group.stop();
  await clock.advance(1_000);
  await ending;
});

test("a leader that cannot renew gives up after ten seconds, before another takes over", async () => {
  await using story = await virtualCluster({ apiOnly: true });
  const { clock, cluster } = story;
  let cutOff = false;
  const transport: Transport = {
    request: (request) =>
      cutOff
        ? Promise.reject(new Error("connection refused"))
        : createInProcessTransport(cluster.controlPlane.apiServer.handler, inProcessPeer(ADMIN)).request(request),
  };
  const flaky = new Client({ transport, userAgent: "test" });
  const a = candidate(story, "a", flaky);
  await clock.advance(1_000);
  const b = candidate(story, "b");
  await clock.advance(5_000);
  assert.deepEqual([a.leads, b.leads], [true, false]);
  cutOff = true;
  await clock.advanceUntil(() => !a.leads, { limitMs: 14_000 });
  assert.equal(b.leads, false);
  await clock.advanceUntil(() => b.leads, { limitMs: 30_000 });
  cutOff = false;
  const ending = Promise.all([a.group.stop(), b.group.stop()]);
  await clock.advance(5_000);
  await ending;
});
