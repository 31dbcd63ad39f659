// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseYaml } from "../../src/apimachinery/index.ts";
import { tarBytes } from "../../src/platform/node/tar-archive.ts";
import { Background } from "./support/background.ts";
import { pidOf, statusOf } from "./support/node-processes.ts";
import { checkout, noRealNodes, TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const COMMAND_LIMIT_MS = 60_000;
const USAGE = 2;
const NOT_RUNNING = 3;
const OTHERS = `# mine
apiVersion: v1
kind: Config
current-context: home
contexts: [{name: home, context: {cluster: home, user: me}}]
clusters: [{name: home, cluster: {server: "https://example.com"}}]
users: [{name: me, user: {token: abc}}]
`;

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly { readonly name: string }[];
}

const contextsOf = (path: string) => parseYaml(readFileSync(path, "utf8")).value as Kubeconfig;

/** An image of one file in the layout of `docker save`. */
async function dockerArchive(name: string, content: string): Promise<Buffer> {
  const file = (path: string, bytes: Uint8Array) => ({ path, mode: 0o644, content: { type: "file", bytes } as const });
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const layer = await tarBytes([file("content", Buffer.from(content))]);
  const digest = createHash("sha256").update(layer).digest("hex");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const config = { architecture, os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] } };
  return tarBytes([
    file("config.json", json(config)),
    file("layer.tar", layer),
    file("manifest.json", json([{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }])),
  ]);
}

/** Starts the command line in the foreground. */
function foreground(cluster: TestCluster, ...args: string[]): Background {
  const argv = [join(checkout, "bin", "knarr"), ...args, "--name", cluster.name];
  return new Background(spawn(process.execPath, argv, { env: cluster.env, stdio: "pipe" }));
}

describe("the command line, with a cluster of no nodes", () => {
  let cluster: TestCluster;
  before(() => {
    cluster = new TestCluster("cli");
    writeFileSync(cluster.kubeconfig, OTHERS);
  });
  after(() => cluster?.[Symbol.dispose]());

  const refuses = (code: number, message: RegExp, ...args: string[]) => {
    const outcome = cluster.knarr(...args);
    assert.equal(outcome.code, code, `${args.join(" ")}: ${outcome.stderr}`);
    assert.match(outcome.stderr, message);
    assert.equal(outcome.stdout, "");
  };

  test("what is wrong on it is told, with a code of its own", () => {
    refuses(USAGE, /unknown option '--nope'/, "up", "--nope");
    refuses(USAGE, /^error: unknown command 'bogus'\n\(knarr --help/, "bogus");
    refuses(USAGE, /unknown command 'dwon'\n\(Did you mean down\?\)/, "dwon");
    refuses(USAGE, /unknown command 'lod'\n\(Did you mean load\?\)/, "image", "lod");
    refuses(USAGE, /'yaml' is invalid\. Allowed choices are json/, "version", "-o", "yaml");
    refuses(USAGE, /'x' is invalid\. It must be a whole number/, "up", "--nodes", "x");
    refuses(USAGE, /One real node is what Knarr runs today; use --nodes 1/, "up", "--nodes", "2");
    refuses(USAGE, /must be a whole number from 0 to 65535/, "up", "--port", "65536");
    refuses(USAGE, /missing required argument 'archive'/, "image", "load");
    refuses(USAGE, /"A_b" is not a cluster name/, "up", "--name", "A_b");
    assert.equal(existsSync(join(cluster.home, "state")), false);
  });

  test("a cluster that is not there is told by each command", () => {
    refuses(NOT_RUNNING, /There is no cluster "cli-/, "down");
    refuses(NOT_RUNNING, /There is no cluster "cli-/, "down", "--purge");
    refuses(NOT_RUNNING, /There is no cluster "cli-/, "status");
    refuses(NOT_RUNNING, /There is no cluster "cli-/, "kubeconfig");
    refuses(NOT_RUNNING, /has written nothing/, "logs");
    assert.equal(readFileSync(cluster.kubeconfig, "utf8"), OTHERS);
  });

  test("programs get JSON and nothing else on standard output", () => {
    const version = JSON.parse(cluster.knarr("version", "-o", "json").stdout) as Record<string, string>;
    assert.match(version["kubernetes"] ?? "", /^v1\.35\.\d+\+knarr$/);
    const { code, stdout, stderr } = cluster.knarr(
      "up",
      "-d",
      "--nodes",
      "0",
      "--simulate",
      "1",
      "--wait",
      "-o",
      "json",
    );
    assert.equal(code, 0, stderr);
    const ready = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      [ready["name"], ready["context"], ready["kubeconfig"], ready["nodes"], ready["simulate"]],
      [cluster.name, `knarr-${cluster.name}`, cluster.kubeconfig, 0, 1],
    );
    const status = statusOf(cluster) as unknown as Record<string, unknown>;
    assert.deepEqual([status["running"], status["ready"], status["runtime"]], [true, true, []]);
    assert.equal(status["server"], ready["server"]);
    process.kill(pidOf(statusOf(cluster), "control-plane"), 0);
    const all = JSON.parse(cluster.knarr("status", "-o", "json").stdout) as Record<string, unknown>;
    assert.equal(all["name"], cluster.name);
  });

  test("a second up of the same name says that it runs", () => {
    refuses(1, /runs already \(pid \d+, https:.*\); 'knarr down --name cli-\w+' stops it/, "up", "-d");
    assert.match(cluster.kubectl("get", "nodes"), /sim-1 +Ready/);
  });

  test("a reader that has seen enough is no failure, and ends what followed for it", () => {
    const knarr = `"${process.execPath}" "${join(checkout, "bin", "knarr")}"`;
    const shown = (command: string) =>
      spawnSync("sh", ["-c", command], { env: cluster.env, encoding: "utf8", timeout: COMMAND_LIMIT_MS });
    const status = shown(`(${knarr} status -o json; echo "code $?" >&2) | true`);
    assert.equal(status.stderr, "code 0\n");
    const log = join(cluster.home, "state", cluster.name, "knarr.log");
    const followed = shown(
      `${knarr} logs -f --name ${cluster.name} | { head -c 1 >/dev/null; exec <&-; echo more >> "${log}"; }`,
    );
    assert.deepEqual([followed.signal, followed.stderr], [null, ""]);
  });

  test("the kubeconfig is merged, current, printed, and as it was after down", () => {
    const { contexts, "current-context": current } = contextsOf(cluster.kubeconfig);
    assert.equal(current, `knarr-${cluster.name}`);
    assert.deepEqual(
      contexts.map(({ name }) => name),
      ["home", current],
    );
    const printed = join(cluster.home, "printed");
    writeFileSync(printed, cluster.knarr("kubeconfig").stdout);
    assert.match(cluster.kubectl("--kubeconfig", printed, "get", "namespaces"), /kube-system/);
    assert.match(cluster.knarr("logs", "--tail", "5").stdout, /^\{/);
    refuses(NOT_RUNNING, /has no real node that runs/, "image", "load", printed);

    assert.equal(cluster.knarr("down").code, 0);
    assert.equal(readFileSync(cluster.kubeconfig, "utf8"), OTHERS);
    assert.equal(cluster.knarr("status").code, NOT_RUNNING);
  });

  test("up again has the objects of before, elsewhere in the kubeconfig that it is given", () => {
    cluster.up();
    cluster.kubectl("create", "configmap", "kept");
    cluster.knarr("down");
    const other = join(cluster.home, "other", "config");
    cluster.up("--kubeconfig", other);
    assert.equal(readFileSync(cluster.kubeconfig, "utf8"), OTHERS);
    assert.match(cluster.kubectl("--kubeconfig", other, "get", "configmap", "kept"), /kept/);
    assert.match(cluster.kubectl("--kubeconfig", other, "get", "nodes"), /sim-1/);
    assert.equal(cluster.knarr("down", "--purge").code, 0);
    assert.equal(existsSync(join(cluster.home, "other")), false);
    assert.equal(existsSync(join(cluster.home, "state")), false);
  });

  test("Ctrl-C ends a cluster in the foreground, in order", async () => {
    await using up = foreground(cluster, "up", "--nodes", "0", "--wait");
    await waitFor("it is up", () => up.stdout.includes("is up at"), { seen: () => up.stderr });
    const ended = once(up.process, "exit");
    // A terminal sends it to all processes of the command, and those that started others pass it on: it comes twice.
    up.process.kill("SIGINT");
    up.process.kill("SIGTERM");
    await ended;
    assert.equal(up.process.exitCode, 0, up.stderr);
    assert.match(up.stderr, /Stopping/);
    assert.equal(cluster.knarr("status").code, NOT_RUNNING);
    assert.equal(cluster.knarr("down", "--purge").code, 0);
    assert.equal(readFileSync(cluster.kubeconfig, "utf8"), OTHERS);
  });
});

describe("the command line, with a real node", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(() => {
    cluster = new TestCluster("clin");
  });
  after(() => cluster?.[Symbol.dispose]());

  test("Ctrl-C stops the control plane; the node runs on until down", async () => {
    await using up = foreground(cluster, "up", "--wait");
    await waitFor("it is up", () => up.stdout.includes("is up at"), { seen: () => up.stderr });
    const { runtime, parts } = statusOf(cluster);
    assert.deepEqual(
      parts.map(({ name }) => name),
      ["control-plane", "node-agent-1"],
    );
    const ended = once(up.process, "exit");
    up.process.kill("SIGINT");
    await ended;
    assert.equal(up.process.exitCode, 0, up.stderr);
    process.kill(runtime[0]!.pid1!.pid, 0);
    cluster.up();
    assert.deepEqual(statusOf(cluster).runtime, runtime);
  });

  test("image load takes archives of docker save, and tells what is none", async () => {
    const archive = join(cluster.home, "docker.tar");
    writeFileSync(archive, await dockerArchive("tiny:1", "hello"));
    const { code, stdout, stderr } = cluster.knarr("image", "load", archive, "-o", "json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { images: ["docker.io/library/tiny:1"], nodes: 1 });
    const missing = cluster.knarr("image", "load", join(cluster.home, "nothing.tar"));
    assert.deepEqual([missing.code, /does not exist; give an archive/.test(missing.stderr)], [1, true]);
    const wrong = cluster.knarr("image", "load", cluster.kubeconfig);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /^knarr: \S+ is no image archive \(of 'docker save', or OCI layout, as tar\): .+\n$/);
  });

  test("a node lists the images that were loaded, and has them again after down and up", async () => {
    const has = () =>
      waitFor("the node lists the image", () =>
        cluster.kubectl("get", "node", "node-1", "-o", "jsonpath={.status.images[*].names}").includes("tiny:1"),
      );
    await has();
    cluster.knarr("down");
    cluster.up();
    await has();
  });
});
