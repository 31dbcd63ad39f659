// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MachineState } from "./support/machine-state.ts";
import { loadTestImages } from "./support/real-node.ts";
import { Background } from "./support/background.ts";
import { checkout, noRealNodes, TestCluster } from "./support/test-cluster.ts";

const ROUNDS = Number(process.env["KNARR_TEST_ROUNDS"] ?? 3);
/** A start takes about two seconds; it is killed somewhere in them, in another part each time. */
const START_MS = 2_500;
const KUBECONFIG = `# not ours
apiVersion: v1
kind: Config
current-context: home
contexts: [{name: home, context: {cluster: home, user: me}}]
clusters: [{name: home, cluster: {server: "https://example.com"}}]
users: [{name: me, user: {token: abc}}]
`;

/** Pods that use what a node has: addresses, ports, mounts of several kinds, limits. */
const PODS = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "words" }, data: { word: "hello" } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            containers: [
              {
                name: "main",
                image: "company/payments-api:v2.1.4",
                resources: { limits: { memory: "64Mi", cpu: "500m" } },
                volumeMounts: [
                  { name: "words", mountPath: "/words" },
                  { name: "memory", mountPath: "/memory" },
                  { name: "disk", mountPath: "/disk" },
                ],
              },
            ],
            volumes: [
              { name: "words", configMap: { name: "words" } },
              { name: "memory", emptyDir: { medium: "Memory" } },
              { name: "disk", emptyDir: {} },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "host" },
      spec: {
        hostNetwork: true,
        containers: [{ name: "main", image: "company/payments-api:v2.1.4", ports: [{ containerPort: 8080 }] }],
      },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "port" },
      spec: {
        containers: [
          { name: "main", image: "company/payments-api:v2.1.4", ports: [{ containerPort: 8080, hostPort: 8090 }] },
        ],
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ],
});

describe("a machine that a cluster was on", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  let machine: MachineState;
  before(async () => {
    // Short, so that the names of its links tell whose they are.
    cluster = new TestCluster("cl");
    writeFileSync(cluster.kubeconfig, KUBECONFIG);
    machine = await MachineState.look(cluster);
  });
  after(() => cluster?.[Symbol.dispose]());

  const down = async (...args: string[]) => {
    const { code, stderr } = cluster.knarr("down", ...args);
    // A start that was killed before it did anything leaves no cluster.
    assert.ok(code === 0 || code === 3, stderr);
    await machine.assertUnchanged();
  };

  test(`is as it was, each of ${ROUNDS} times, after pods ran on it`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      cluster.up();
      await loadTestImages(cluster);
      cluster.apply(PODS);
      cluster.kubectl("wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s");
      await down();
    }
    await down("--purge");
    assert.equal(existsSync(join(cluster.home, "state")), false);
  });

  test(`is as it was, each of ${ROUNDS} times, after a start that was killed at some moment`, async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const part = START_MS / ROUNDS;
      const moment = Math.floor(round * part) + randomInt(Math.ceil(part));
      t.diagnostic(`killed after ${moment} ms`);
      await killedStart(moment);
      await down("--purge");
    }
  });

  test("starts a cluster over what a killed start left", async () => {
    await killedStart(randomInt(START_MS));
    cluster.up();
    assert.match(cluster.kubectl("get", "nodes"), /node-1 +Ready/);
    await down("--purge");
  });

  /** Starts a cluster in the foreground and kills it. */
  const killedStart = async (afterMs: number) => {
    const argv = [join(checkout, "bin", "knarr"), "up", "--wait", "--name", cluster.name];
    await using up = new Background(spawn(process.execPath, argv, { env: cluster.env, stdio: "pipe" }));
    const ended = once(up.process, "exit");
    await sleep(afterMs);
    assert.equal(up.ended, false, up.stderr);
    up.process.kill("SIGKILL");
    await ended;
  };
});
