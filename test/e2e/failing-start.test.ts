// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { checkout, TestCluster } from "./support/test-cluster.ts";
import { Background } from "./support/background.ts";

/** A start that hangs is a failure, not a wait. */
const LIMIT = { timeout: 60_000 };
const SENTENCE = /^knarr: Cluster "[^"]+" did not start: [^\n]+\.$/m;

/** Starts a cluster that must not come up, in the foreground and detached; gives what each said last. */
function failsToStart(cluster: TestCluster, ...args: string[]): string[] {
  return [[], ["-d"]].map((more) => {
    const { code, stderr } = cluster.knarr("up", "--nodes", "0", ...more, ...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, SENTENCE);
    return stderr.trimEnd().split("\n").at(-1)!;
  });
}

test("a port in use is told, and the cluster starts on another one", LIMIT, async () => {
  using cluster = new TestCluster("failing");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    for (const line of failsToStart(cluster, "--port", String(port)))
      assert.match(line, new RegExp(`port ${port} is in use; give another one with --port`));
  } finally {
    server.close();
  }
  cluster.up("--nodes", "0");
  assert.match(cluster.kubectl("get", "namespaces"), /kube-system/);
});

test("damaged certificates and a damaged database are told", LIMIT, () => {
  using cluster = new TestCluster("failing");
  const data = join(cluster.home, "data");
  mkdirSync(join(data, "pki"), { recursive: true });
  writeFileSync(join(data, "pki", "pki.json"), '{"ca.crt": "');
  for (const line of failsToStart(cluster, "--data-dir", data)) assert.match(line, /pki\.json cannot be understood/);
  rmSync(join(data, "pki"), { recursive: true });
  cluster.up("--nodes", "0", "--data-dir", data);
  cluster.knarr("down");
  writeFileSync(join(data, "store", "data.mdb"), Buffer.alloc(20_000, 7));
  for (const line of failsToStart(cluster, "--data-dir", data)) assert.match(line, /database .* is damaged/);
});

test("a data folder that another cluster holds is told", LIMIT, () => {
  using holder = new TestCluster("failing");
  using cluster = new TestCluster("failing");
  const data = join(holder.home, "data");
  holder.up("--nodes", "0", "--data-dir", data);
  for (const line of failsToStart(cluster, "--data-dir", data)) assert.match(line, /is in use by process \d+/);
  assert.match(holder.kubectl("get", "namespaces"), /kube-system/);
});

test("a range that is none is told before anything starts", LIMIT, () => {
  using cluster = new TestCluster("failing");
  const { code, stderr } = cluster.knarr("up", "--nodes", "0", "--service-cidr", "10.0.0.0/33");
  assert.equal(code, 2);
  assert.match(stderr, /argument '10\.0\.0\.0\/33' is invalid/);
});

test("a signal ends a cluster at any moment of its start", LIMIT, async () => {
  using cluster = new TestCluster("failing");
  for (const step of ["Opening the store", "Starting the API server", "is up at"]) {
    const argv = [join(checkout, "bin", "knarr"), "up", "--nodes", "0", "--name", cluster.name];
    await using up = new Background(spawn(process.execPath, argv, { env: cluster.env, stdio: "pipe" }));
    const ended = once(up.process, "exit");
    while (!(up.stdout + up.stderr).includes(step) && !up.ended)
      await Promise.race([once(up.process.stderr!, "data"), once(up.process.stdout!, "data"), ended]);
    up.process.kill("SIGTERM");
    await ended;
    assert.equal(up.process.signalCode, null, step);
  }
});
