// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { enterCluster, findLeftovers, removeCluster } from "./cluster-machine.ts";
import { machineCommands, type Commands } from "./commands.ts";
import { createFabric } from "./fabric.ts";
import { ClusterLayout } from "./layout.ts";
import { MachineRecord } from "./machine-record.ts";
import { machineSnapshot, withoutShared } from "../../../test/fixtures/machine-snapshot.ts";
import { ensureNode, findNode, findService } from "./node-process.ts";
import { missingForNodes } from "./node-requirements.ts";
import { kill, isRunning } from "./processes.ts";
import { waitUntil } from "./wait-until.ts";

const skip = await missingForNodes();
const cluster = `t${process.pid % 100_000}`;
const layout = new ClusterLayout(cluster);
const commands = machineCommands;
const agent = { argv: ["sleep", "1000000"], env: { PATH: "/usr/bin:/bin" } };

const up = async (options: { nodes: number; commands?: Commands }) => {
  const ranges = await enterCluster(layout, options.commands ?? commands);
  const fabric = await createFabric({ layout, ranges, nodes: options.nodes, commands: options.commands ?? commands });
  const nodes = fabric.nodes.map((node) => ensureNode({ layout, node, hostname: `${cluster}-${node.index}`, agent }));
  return { fabric, nodes: await Promise.all(nodes) };
};

const otherClusters = async () => [...(await new MachineRecord(layout.machine).clusters()).keys()];

/** What the machine is like, and whether other clusters may be changing it. */
const look = async () => ({
  isShared: (await otherClusters()).some((name) => name !== cluster),
  snapshot: await machineSnapshot(cluster, commands),
});

const assertSame = async (before: Awaited<ReturnType<typeof look>>) => {
  const now = await look();
  const isShared = before.isShared || now.isShared;
  const comparable = ({ snapshot }: typeof now) => (isShared ? withoutShared(snapshot) : snapshot);
  assert.deepEqual(comparable(now), comparable(before));
};

after(async () => {
  if (!skip) await removeCluster(layout, commands);
});

test("a cluster that went leaves the machine as it was, ten times", { skip }, async () => {
  const before = await look();
  for (let round = 0; round < 10; round++) {
    await up({ nodes: 2 });
    await removeCluster(layout, commands);
    await assertSame(before);
  }
  assert.equal(await findLeftovers(layout), undefined);
});

test("a cluster whose start stopped after any command is removed without a trace", { skip }, async () => {
  const before = await look();
  let finished = false;
  for (let limit = 1; !finished; limit++) {
    let count = 0;
    const failing: Commands = {
      run: (argv, options) =>
        ++count > limit ? Promise.reject(new Error("The power went out")) : commands.run(argv, options),
    };
    finished = await up({ nodes: 1, commands: failing }).then(
      () => true,
      () => false,
    );
    await removeCluster(layout, commands);
    await assertSame(before);
  }
});

test("a cluster whose start was killed at some moment is removed, or started over the leftovers", {
  skip,
}, async () => {
  const before = await look();
  const script = `
    import { ClusterLayout, createFabric, enterCluster, ensureNode, machineCommands as commands } from "${import.meta.dirname}/index.ts";
    const layout = new ClusterLayout("${cluster}");
    const ranges = await enterCluster(layout, commands);
    const fabric = await createFabric({ layout, ranges, nodes: 1, commands });
    await ensureNode({ layout, node: fabric.nodes[0], hostname: "x", agent: ${JSON.stringify(agent)} });`;
  for (const delayMs of [120, 180, 230, 280, 330, 400]) {
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", script], { stdio: "ignore" });
    await Promise.race([sleep(delayMs), once(child, "exit")]);
    child.kill("SIGKILL");
    if (delayMs % 20 === 0) assert.equal((await up({ nodes: 1 })).nodes.length, 1);
    await removeCluster(layout, commands);
    await assertSame(before);
  }
});

test("a running node is adopted; its services are started again when they end", { skip }, async () => {
  const first = await up({ nodes: 1 });
  const second = await up({ nodes: 1 });
  assert.deepEqual(second.nodes, [{ ...first.nodes[0], started: false }]);
  for (const service of ["agent", "containerd"] as const) {
    const pid = await waitUntil(() => findService(layout, 1, service), { timeoutMs: 5_000, what: service });
    kill(pid);
    const isNew = async () => {
      const found = await findService(layout, 1, service);
      return found !== undefined && found !== pid;
    };
    await waitUntil(isNew, { timeoutMs: 10_000, what: `another ${service}` });
  }
  assert.equal((await up({ nodes: 1 })).nodes[0]?.pid1, first.nodes[0]?.pid1);
});

test("a changed agent command restarts the agent and nothing else", { skip }, async () => {
  const { fabric, nodes } = await up({ nodes: 1 });
  const old = await waitUntil(() => findService(layout, 1, "agent"), { timeoutMs: 5_000, what: "agent" });
  const node = fabric.nodes[0];
  assert.ok(node);
  const changed = { ...agent, argv: ["sleep", "2000000"] };
  const again = await ensureNode({ layout, node, hostname: `${cluster}-1`, agent: changed });
  assert.equal(again.pid1, nodes[0]?.pid1);
  assert.equal(again.containerdPid, nodes[0]?.containerdPid);
  const isNew = async () => {
    const found = await findService(layout, 1, "agent");
    return found !== undefined && found !== old;
  };
  await waitUntil(isNew, { timeoutMs: 10_000, what: "the new agent" });
});

test("a node whose PID 1 was killed ends whole, and starts again like a machine after a reboot", { skip }, async () => {
  const first = (await up({ nodes: 1 })).nodes[0];
  assert.ok(first);
  const pid1 = await findNode(first.folder);
  assert.ok(pid1);
  kill(pid1.pid);
  await waitUntil(async () => !(await isRunning(pid1)), { timeoutMs: 5_000, what: "the node's end" });
  const second = (await up({ nodes: 1 })).nodes[0];
  assert.ok(second?.started && second.pid1 !== first.pid1);
  await removeCluster(layout, commands);
});
