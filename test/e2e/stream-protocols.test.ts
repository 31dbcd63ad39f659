// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { KubeConfig } from "@kubernetes/client-node";
import { WebSocket } from "ws";
import { realClient } from "../../tools/real-clients.ts";
import { Background } from "./support/background.ts";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

/** Streams as clients of every age ask for them: newer and older WebSocket protocols, and SPDY/3.1. */
const LIMIT = { timeout: 120_000, skip: noRealNodes() ?? false };
const SPDY = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" };
const [STDIN, STDOUT, STDERR, STATUS] = [0, 1, 2, 3];
const CLOSE = 255;

const pod = (name: string, image: string, more: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "main", image, ...more }] },
});

let cluster: TestCluster | undefined;
const config = new KubeConfig();

async function start(): Promise<void> {
  cluster = await startRealNode("streams");
  config.loadFromFile(cluster.kubeconfig);
  const pods = [
    pod("shell", "busybox:1.36", { command: ["sleep", "1000000"] }),
    pod("web", "company/payments-api:v2.1.4", {}),
  ];
  for (const manifest of pods) cluster.apply(JSON.stringify(manifest));
  cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
}
before(() => (LIMIT.skip ? undefined : start()));
after(() => cluster?.[Symbol.dispose]());

interface Exchange {
  readonly protocol: string;
  readonly channels: ReadonlyMap<number, string>;
}

/** Opens a WebSocket of one protocol and gathers what comes on each channel until it closes. */
async function exchange(
  path: string,
  protocol: string,
  send: (socket: WebSocket) => void = () => undefined,
): Promise<Exchange> {
  const isBase64 = protocol.includes("base64");
  const { server, caData } = config.getCurrentCluster()!;
  const { certData, keyData } = config.getCurrentUser()!;
  const pem = (text: string | undefined) => Buffer.from(text ?? "", "base64");
  const socket = new WebSocket(`${server.replace("https", "wss")}${path}`, protocol, {
    ca: pem(caData),
    cert: pem(certData),
    key: pem(keyData),
  });
  const channels = new Map<number, string>();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    assert.equal(isBinary, !isBase64, "frames are of the protocol's kind");
    const channel = isBase64 ? Number(data.toString("latin1", 0, 1)) : data[0]!;
    const text = isBase64
      ? Buffer.from(data.toString("latin1", 1), "base64").toString("latin1")
      : data.toString("latin1", 1);
    channels.set(channel, (channels.get(channel) ?? "") + text);
  });
  await once(socket, "open");
  send(socket);
  await once(socket, "close");
  return { protocol: socket.protocol, channels };
}

const EXEC = "/api/v1/namespaces/default/pods/shell/exec?stdout=true&stderr=true&container=main";
const words = (...command: string[]): string => command.map((word) => `&command=${encodeURIComponent(word)}`).join("");

for (const protocol of [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
]) {
  test(`exec speaks ${protocol}`, LIMIT, async () => {
    const path = EXEC + words("sh", "-c", "echo out; echo err >&2; exit 7");
    const { protocol: chosen, channels } = await exchange(path, protocol);
    assert.equal(chosen, protocol);
    assert.deepEqual([channels.get(STDOUT), channels.get(STDERR)], ["out\n", "err\n"]);
    const status = channels.get(STATUS) ?? "";
    if (protocol.startsWith("v")) assert.match(status, /"reason":"NonZeroExitCode".*"reason":"ExitCode","message":"7"/);
    else assert.match(status, /^command terminated with non-zero exit code: error executing command .*, exit code 7$/);
  });
}

test("a client of v5 closes its input alone, and gets the rest of the output", LIMIT, async () => {
  const path = `${EXEC}&stdin=true${words("sh", "-c", "wc -c; echo done")}`;
  const { channels } = await exchange(path, "v5.channel.k8s.io", (socket) => {
    socket.send(Buffer.concat([Buffer.from([STDIN]), Buffer.from("twelve bytes")]));
    socket.send(Buffer.from([CLOSE, STDIN]));
  });
  assert.match(channels.get(STDOUT) ?? "", /^12\ndone\n$/);
  assert.match(channels.get(STATUS) ?? "", /"status":"Success"/);
});

test("port-forward speaks the older WebSocket protocols", LIMIT, async () => {
  const path = "/api/v1/namespaces/default/pods/web/portforward?ports=8080";
  const request = "GET /healthz HTTP/1.0\r\n\r\n";
  for (const protocol of ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"]) {
    const { channels } = await exchange(path, protocol, (socket) => {
      if (protocol.includes("base64")) socket.send(`0${Buffer.from(request).toString("base64")}`);
      else socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(request)]));
    });
    const answer = channels.get(0) ?? "";
    assert.equal(Buffer.from(answer, "latin1").readUInt16LE(0), 8080, "the port comes first");
    assert.match(answer, /HTTP\/1\.\d 200 OK[^]*ok\n$/);
  }
});

test("kubectl by SPDY/3.1: exec, input, exit codes, attach, cp, port-forward", LIMIT, async () => {
  const kubectl = (line: string, input?: string) => cluster!.tryKubectl(line.split(" "), input, SPDY);
  assert.equal(kubectl("exec shell -- echo hello").stdout, "hello\n");
  assert.equal(kubectl("exec -i shell -- wc -c", "12345").stdout.trim(), "5");
  assert.equal(cluster!.tryKubectl(["exec", "shell", "--", "sh", "-c", "exit 9"], undefined, SPDY).code, 9);
  assert.equal(kubectl(`cp ${cluster!.kubeconfig} shell:/tmp/copy`).code, 0);
  const copy = kubectl("exec shell -- cat /tmp/copy").stdout;
  assert.equal(copy, readFileSync(cluster!.kubeconfig, "utf8"));
  const argv = ["port-forward", "pod/web", ":8080"];
  await using forward = new Background(
    spawn(realClient("kubectl"), argv, { env: { ...cluster!.env, ...SPDY }, stdio: "pipe" }),
  );
  const port = await waitFor("the port is told", () => /127\.0\.0\.1:(\d+) -> 8080/.exec(forward.stdout)?.[1], {
    seen: () => forward.stdout + forward.stderr,
  });
  for (let i = 0; i < 3; i++) assert.equal(curl(`http://127.0.0.1:${port}/healthz`), "ok");
});
