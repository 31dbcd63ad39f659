// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Attach, Cp, Exec, KubeConfig, Log, PortForward, type V1Status } from "@kubernetes/client-node";
import { startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const NAMESPACE = "default";
const LIMIT = { timeout: 120_000, skip: noRealNodes() ?? false };

const pod = (name: string, image: string, more: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "main", image, ...more }] },
});

const PODS = [
  pod("shell", "busybox:1.36", { command: ["sleep", "1000000"] }),
  pod("echo", "busybox:1.36", {
    command: ["sh", "-c", "while read line; do echo got $line; done"],
    stdin: true,
  }),
  pod("web", "company/payments-api:v2.1.4", {}),
];

let cluster: TestCluster | undefined;
const config = new KubeConfig();

async function startPods(): Promise<void> {
  cluster = await startRealNode("cnodes");
  config.loadFromFile(cluster.kubeconfig);
  for (const manifest of PODS) cluster.apply(JSON.stringify(manifest));
  cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: V1Status;
}

/** Runs a command in the pod `shell`; what it wrote, and how it ended. */
async function run(command: readonly string[], options: { input?: PassThrough; tty?: boolean } = {}): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const { promise, resolve } = Promise.withResolvers<V1Status>();
  const { input = null, tty = false } = options;
  const words = [...command];
  const socket = await new Exec(config).exec(
    NAMESPACE,
    "shell",
    "main",
    words,
    stdout,
    tty ? null : stderr,
    input,
    tty,
    resolve,
  );
  const texts = [textOf(stdout), textOf(stderr)] as const;
  const status = await promise;
  if (socket.readyState !== socket.CLOSED) await once(socket as unknown as NodeJS.EventEmitter, "close");
  stdout.end();
  stderr.end();
  return { stdout: await texts[0], stderr: await texts[1], status };
}

/** The official JavaScript client, unchanged, with a real node. */
before(() => (LIMIT.skip ? undefined : startPods()));
after(() => cluster?.[Symbol.dispose]());

test("exec: output and errors apart, exit codes, input, a terminal", LIMIT, async () => {
  const both = await run(["sh", "-c", "echo out; echo err >&2; exit 3"]);
  assert.deepEqual([both.stdout, both.stderr, both.status.status], ["out\n", "err\n", "Failure"]);
  assert.deepEqual(both.status.details?.causes, [{ reason: "ExitCode", message: "3" }]);
  const input = new PassThrough();
  input.end("one\ntwo\n");
  const counted = await run(["sh", "-c", "head -n 2 | sed s/^/got-/"], { input });
  assert.deepEqual([counted.stdout, counted.status.status], ["got-one\ngot-two\n", "Success"]);
  const tty = await run(["sh", "-c", "[ -t 1 ] && echo terminal"], { tty: true });
  assert.equal(tty.stdout, "terminal\r\n");
});

test("attach: what is written comes back from the process that runs", LIMIT, async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  let seen = "";
  stdout.setEncoding("utf8").on("data", (text: string) => (seen += text));
  const socket = await new Attach(config).attach(NAMESPACE, "echo", "main", stdout, null, stdin, false);
  stdin.write("hello\n");
  await waitFor("the answer comes", () => seen.includes("got hello\n"), { seen: () => seen });
  stdin.write("again\n");
  await waitFor("another one comes", () => seen.includes("got again\n"), { seen: () => seen });
  socket.close();
});

test("port-forward: requests reach the pod", LIMIT, async () => {
  const forward = new PortForward(config);
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    void forward.portForward(NAMESPACE, "web", [8080], socket, null, socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  for (let i = 0; i < 3; i++)
    await waitFor("the pod answers", () =>
      fetchText(`http://127.0.0.1:${port}/healthz`).then((text) => text === "ok\n"),
    );
  server.close();
});

test("cp: files go in and come out", LIMIT, async () => {
  const [out, back] = [join(cluster!.home, "out"), join(cluster!.home, "back")];
  mkdirSync(out);
  writeFileSync(join(out, "letter"), "dear pod\n".repeat(10_000));
  const cp = new Cp(config);
  await cp.cpToPod(NAMESPACE, "shell", "main", out, "/tmp");
  await waitFor("the file is there", async () => (await run(["wc", "-c", "/tmp/letter"])).stdout.startsWith("90000 "));
  mkdirSync(back);
  await cp.cpFromPod(NAMESPACE, "shell", "main", "letter", back, "/tmp");
  const copy = join(back, "letter");
  await waitFor("the file is here", () => existsSync(copy) && readFileSync(copy).length === 90_000);
  assert.equal(readFileSync(copy, "utf8"), readFileSync(join(out, "letter"), "utf8"));
});

test("log: follows what the process writes until it ends", LIMIT, async () => {
  const stream = new PassThrough();
  let seen = "";
  stream.setEncoding("utf8").on("data", (text: string) => (seen += text));
  await new Log(config).log(NAMESPACE, "echo", "main", stream, { follow: true });
  await waitFor("what was written is there", () => seen.includes("got hello\n"), { seen: () => seen });
  cluster!.kubectl("delete", "pod", "echo");
  await once(stream, "end");
});

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: "close" } });
  return response.text();
}
