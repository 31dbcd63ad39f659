// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ByteWriter, ContainerConfig, PodSandboxConfig, RuntimeEvent } from "../../kubelet/index.ts";
import {
  buildImageArchive,
  ClusterLayout,
  createFabric,
  ensureNode,
  ensurePauseImage,
  enterCluster,
  importImageBytes,
  machineCommands as commands,
  removeCluster,
  type ImageTarget,
  type RunningNode,
} from "../node/index.ts";
import { missingForNodes } from "../node/node-requirements.ts";
import { kill } from "../node/processes.ts";
import { waitUntil } from "../node/wait-until.ts";
import { ContainerdEvents } from "./containerd-events.ts";
import { CriClient } from "./cri-client.ts";
import { CriStreams } from "./cri-streams.ts";

const BUSYBOX = "/usr/bin/busybox";
const IMAGE = "cri-test:1";

const skip = await missingForNodes();
const cluster = `c${process.pid % 100_000}`;
const layout = new ClusterLayout(cluster);
const signal = AbortSignal.timeout(120_000);
let node: RunningNode;
let target: ImageTarget;
let cri: CriClient;

before(async () => {
  if (skip) return;
  const ranges = await enterCluster(layout, commands);
  const fabric = await createFabric({ layout, ranges, nodes: 1, commands });
  const place = fabric.nodes[0];
  assert.ok(place);
  node = await ensureNode({ layout, node: place, hostname: `${cluster}-1` });
  target = { containerdSocket: node.containerdSocket, commands };
  await ensurePauseImage(target);
  await importImageBytes(await testImage(), target);
  cri = new CriClient(node.containerdSocket);
});

after(async () => {
  if (skip) return;
  cri?.[Symbol.dispose]();
  await removeCluster(layout, commands);
});

const testImage = () =>
  buildImageArchive({
    name: IMAGE,
    files: [
      { path: "/bin/busybox", source: BUSYBOX },
      ...["sh", "cat", "sleep", "nc", "stty", "dd"].map((name) => ({ path: `/bin/${name}`, link: "busybox" })),
    ],
    config: { Env: ["PATH=/bin"] },
  });

const sandboxConfig = (name: string): PodSandboxConfig => ({
  metadata: { name, uid: `uid-${name}`, namespace: "default" },
  hostname: name,
  logDirectory: `/var/log/pods/default_${name}_uid-${name}`,
  labels: { app: name },
  linux: { cgroupParent: `${node.cgroup}/kubepods/pod-${name}` },
});

/** A pod of one container. */
const runPod = async (name: string, script: string, config: Partial<ContainerConfig> = {}) => {
  const sandbox = sandboxConfig(name);
  const sandboxId = await cri.runPodSandbox(sandbox, { signal });
  const containerId = await cri.createContainer(
    sandboxId,
    {
      metadata: { name: "main" },
      image: { image: `docker.io/library/${IMAGE}` },
      command: ["/bin/sh", "-c", script],
      logPath: "main/0.log",
      linux: {},
      ...config,
    },
    { signal, sandboxConfig: sandbox },
  );
  await cri.startContainer(containerId, { signal });
  return {
    sandboxId,
    containerId,
    async [Symbol.asyncDispose]() {
      await cri.stopPodSandbox(sandboxId, { signal });
      await cri.removePodSandbox(sandboxId, { signal });
    },
  };
};

const collector = (): ByteWriter & { text: string; closed: boolean } => ({
  text: "",
  closed: false,
  async write(chunk) {
    this.text += Buffer.from(chunk).toString();
  },
  async close() {
    this.closed = true;
  },
});

const WAIT = "trap 'exit 3' TERM; while :; do sleep 0.1; done";

test("the runtime is ready, and has the images that were imported", { skip }, async () => {
  const { conditions } = await cri.status({ signal });
  assert.deepEqual(
    conditions.map(({ type, status }) => [type, status]),
    [
      ["RuntimeReady", true],
      ["NetworkReady", true],
    ],
  );
  const tags = (await cri.listImages({ signal })).flatMap((image) => image.repoTags ?? []);
  assert.deepEqual(tags.toSorted(), [`docker.io/library/${IMAGE}`, "knarr.dev/pause:1"]);
  assert.equal(await cri.imageStatus({ image: "nothing:1" }, { signal }), undefined);
  assert.ok((await cri.imageStatus({ image: IMAGE }, { signal }))?.size);
  assert.ok((await cri.imageFsInfo({ signal }))[0]?.fsId?.mountpoint.includes(cluster));
});

test("a container lives through its whole life, and its status says how it ended", { skip }, async () => {
  await using pod = await runPod("life", `echo started; ${WAIT}`, { labels: { part: "main" } });
  const { containerId, sandboxId } = pod;
  const sandbox = await cri.podSandboxStatus(sandboxId, { signal });
  assert.equal(sandbox.state, "SANDBOX_READY");
  assert.match(sandbox.network?.ip ?? "", /^10\./);
  const found = await cri.listContainers({ podSandboxId: sandboxId, labelSelector: { part: "main" } }, { signal });
  assert.deepEqual(
    found.map(({ id, state }) => [id, state]),
    [[containerId, "CONTAINER_RUNNING"]],
  );
  const result = await cri.execSync(containerId, ["sh", "-c", "cat /proc/1/cgroup; echo err >&2; exit 4"], {
    signal,
    timeoutSeconds: 10,
  });
  assert.equal(result.exitCode, 4);
  assert.equal(Buffer.from(result.stderr).toString(), "err\n");
  assert.match(Buffer.from(result.stdout).toString(), new RegExp(`/knarr-${cluster}-1/kubepods/pod-life/`));
  const stats = await cri.listContainerStats({ signal });
  assert.ok(stats.find(({ attributes }) => attributes.id === containerId)?.memory?.workingSetBytes?.value);
  await cri.stopContainer(containerId, { signal, timeoutSeconds: 5 });
  const status = await cri.containerStatus(containerId, { signal });
  assert.deepEqual([status.state, status.exitCode, status.reason], ["CONTAINER_EXITED", 3, "Error"]);
  await cri.removeContainer(containerId, { signal });
  await cri.removeContainer(containerId, { signal });
  await assert.rejects(cri.containerStatus(containerId, { signal }), { name: "CriError", code: "NotFound" });
});

test("a call that was given up rejects with the reason; a command that takes too long with its deadline", {
  skip,
}, async () => {
  await using pod = await runPod("slow", WAIT);
  const abort = new AbortController();
  const call = cri.execSync(pod.containerId, ["sleep", "30"], { signal: abort.signal, timeoutSeconds: 0 });
  abort.abort(new Error("given up"));
  await assert.rejects(call, /given up/);
  await assert.rejects(cri.execSync(pod.containerId, ["sleep", "30"], { signal, timeoutSeconds: 1 }), {
    code: "DeadlineExceeded",
  });
});

test("events tell of containers' lives, and an exit only when the status says so too", { skip }, async () => {
  const events = new ContainerdEvents(node.containerdSocket, cri);
  const abort = new AbortController();
  const seen: RuntimeEvent[] = [];
  const subscribed = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<string>();
  events.subscribe((event) => {
    seen.push(event);
    if (event.type === "lost") subscribed.resolve();
    else if (event.type === "stopped") stopped.resolve(event.containerId);
  });
  const running = events.run(abort.signal);
  await subscribed.promise;
  await using pod = await runPod("events", "exit 7");
  assert.equal(await stopped.promise, pod.containerId);
  assert.equal((await cri.containerStatus(pod.containerId, { signal })).exitCode, 7);
  const types = seen.filter((event) => event.type !== "lost" && event.containerId === pod.containerId);
  assert.deepEqual(
    types.map(({ type }) => type),
    ["created", "started", "stopped"],
  );
  abort.abort();
  await running;
});

test("events go on after containerd was killed, and tell that some may be lost", { skip }, async () => {
  const events = new ContainerdEvents(node.containerdSocket, cri);
  const abort = new AbortController();
  let lost = 0;
  let wake: () => void = () => undefined;
  events.subscribe((event) => {
    if (event.type === "lost") lost++;
    wake();
  });
  const running = events.run(abort.signal);
  const until = async (count: number) => {
    while (lost < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  await until(1);
  await using pod = await runPod("survivor", WAIT);
  kill(node.containerdPid);
  // Once when the stream broke, once when the next one stands.
  await until(3);
  const status = await cri.containerStatus(pod.containerId, { signal });
  assert.equal(status.state, "CONTAINER_RUNNING");
  abort.abort();
  await running;
});

test("exec streams input, output, errors and the exit code", { skip }, async () => {
  await using pod = await runPod("exec", WAIT);
  const streams = new CriStreams(cri);
  const exec = (command: readonly string[], io: Parameters<CriStreams["exec"]>[1], tty = false) =>
    streams.exec({ containerId: pod.containerId, command, tty }, io, { signal });
  const [stdout, stderr] = [collector(), collector()];
  const outcome = await exec(["sh", "-c", "echo out; echo err >&2; exit 7"], { stdout, stderr });
  assert.deepEqual(outcome, { type: "exited", exitCode: 7 });
  assert.deepEqual([stdout.text, stderr.text, stdout.closed], ["out\n", "err\n", true]);
  const copied = collector();
  const stdin = (async function* () {
    yield Buffer.from("one\n");
    yield Buffer.from("two\n");
  })();
  assert.deepEqual(await exec(["cat"], { stdin, stdout: copied }), { type: "exited", exitCode: 0 });
  assert.equal(copied.text, "one\ntwo\n");
  const missing = await exec(["/no/such/program"], { stdout: collector() });
  assert.ok(missing.type === "failed" && /no such file/.test(missing.message));
});

test("a terminal has the size that it was given", { skip }, async () => {
  await using pod = await runPod("tty", WAIT);
  const stdout = collector();
  const resize = (async function* () {
    yield { width: 100, height: 40 };
  })();
  const command = ["sh", "-c", "while [ \"$(stty size 2>/dev/null)\" != '40 100' ]; do sleep 0.05; done; stty size"];
  const outcome = await new CriStreams(cri).exec(
    { containerId: pod.containerId, command, tty: true },
    { stdout, resize },
    { signal },
  );
  assert.deepEqual([outcome, stdout.text], [{ type: "exited", exitCode: 0 }, "40 100\r\n"]);
});

test("attach gets what the container writes until it ends", { skip }, async () => {
  await using pod = await runPod("attach", 'read line; echo "got $line"; exit 0', { stdin: true, stdinOnce: true });
  const stdout = collector();
  const stdin = (async function* () {
    yield Buffer.from("hello\n");
  })();
  const outcome = await new CriStreams(cri).attach(
    { containerId: pod.containerId, tty: false },
    { stdin, stdout },
    { signal },
  );
  assert.deepEqual([outcome.type, stdout.text], ["exited", "got hello\n"]);
});

test("a port is forwarded in both directions; one where nobody listens tells so", { skip }, async () => {
  await using pod = await runPod("forward", "while :; do nc -l -p 8080 -e cat; done");
  const streams = new CriStreams(cri);
  const connect = (port: number) => streams.portForward({ podSandboxId: pod.sandboxId, port }, { signal });
  const read = async (stream: Awaited<ReturnType<typeof connect>>) => {
    let text = "";
    for await (const chunk of stream.incoming) text += Buffer.from(chunk).toString();
    return text;
  };
  const echo = async () => {
    const stream = await connect(8080);
    await stream.write(Buffer.from("ping"));
    await stream.closeWrite();
    return (await read(stream).catch(() => "")) || undefined;
  };
  // The program may need a moment until it listens.
  const answer = await waitUntil(echo, { timeoutMs: 10_000, intervalMs: 50, signal, what: "an echo" });
  assert.equal(answer, "ping");
  await assert.rejects(async () => read(await connect(9)), /connection refused/);
});
