// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { realClient } from "../../tools/real-clients.ts";
import { Background } from "./support/background.ts";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

/** Streams that carry much, or fail, by both transports that kubectl knows. */
const LIMIT = { timeout: 120_000, skip: noRealNodes() ?? false };
const TRANSPORTS: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
  ["WebSocket", {}],
  ["SPDY/3.1", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
];
const BULK_BYTES = 10 * 2 ** 20;

const pod = (name: string, image: string, more: object, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "main", image, ...more }], ...spec },
});

let cluster: TestCluster | undefined;

async function start(): Promise<void> {
  cluster = await startRealNode("bulk");
  const pods = [
    pod("shell", "busybox:1.36", { command: ["sleep", "1000000"] }),
    pod("terminal", "busybox:1.36", { command: ["sh"], stdin: true, tty: true }),
    pod("absent", "example.com/absent:1", { imagePullPolicy: "Never" }),
    pod("done", "busybox:1.36", { command: ["true"] }, { restartPolicy: "Never" }),
  ];
  for (const manifest of pods) cluster.apply(JSON.stringify(manifest));
  cluster.kubectl("wait", "--for=condition=Ready", "pod/shell", "pod/terminal", "--timeout=60s");
  cluster.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/done", "--timeout=60s");
}
before(() => (LIMIT.skip ? undefined : start()));
after(() => cluster?.[Symbol.dispose]());

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Runs kubectl with bytes for input, and gives its bytes. */
function kubectlBytes(env: Readonly<Record<string, string>>, args: readonly string[], input?: Uint8Array) {
  const result = spawnSync(realClient("kubectl"), args, {
    env: { ...cluster!.env, ...env },
    maxBuffer: 2 * BULK_BYTES,
    timeout: LIMIT.timeout,
    ...(input ? { input } : {}),
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}

for (const [transport, env] of TRANSPORTS) {
  const kubectl = (...args: string[]) => cluster!.tryKubectl(args, undefined, env);

  test(`ten megabytes go in, come out, and pass through, unharmed (${transport})`, LIMIT, () => {
    const bytes = randomBytes(BULK_BYTES);
    const hash = hashOf(bytes);
    const sum = ["sh", "-c", "cat > /tmp/bulk; busybox sha256sum < /tmp/bulk"];
    const taken = kubectlBytes(env, ["exec", "-i", "shell", "--", ...sum], bytes);
    assert.equal(taken.stdout.toString().split(" ")[0], hash, taken.stderr);
    assert.equal(hashOf(kubectlBytes(env, ["exec", "shell", "--", "cat", "/tmp/bulk"]).stdout), hash);
    assert.equal(hashOf(kubectlBytes(env, ["exec", "-i", "shell", "--", "cat"], bytes).stdout), hash);
  });

  test(`a folder is copied in and out (${transport})`, LIMIT, () => {
    const folder = join(cluster!.home, `in-${transport.slice(0, 4)}`);
    mkdirSync(join(folder, "deep", "er"), { recursive: true });
    const files = { one: randomBytes(700_000), "deep/two": Buffer.from("two"), "deep/er/three": Buffer.alloc(0) };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const inside = `/tmp/${transport.slice(0, 4)}`;
    const copied = kubectl("cp", folder, `shell:${inside}`);
    assert.equal(copied.code, 0, copied.stderr);
    const back = `${folder}-back`;
    const returned = kubectl("cp", `shell:${inside}`, back);
    assert.equal(returned.code, 0, returned.stderr);
    for (const [name, bytes] of Object.entries(files)) {
      assert.ok(readFileSync(join(back, name)).equals(bytes), name);
    }
  });

  test(`what cannot be run is told in words, and exit codes are passed on (${transport})`, LIMIT, () => {
    for (const code of [1, 9, 255]) assert.equal(kubectl("exec", "shell", "--", "sh", "-c", `exit ${code}`).code, code);
    assert.match(
      kubectl("exec", "shell", "-c", "nope", "--", "true").stderr,
      /container nope is not valid for pod shell/,
    );
    assert.match(kubectl("exec", "absent", "--", "true").stderr, /container not found \("main"\)/);
    assert.match(kubectl("exec", "done", "--", "true").stderr, /completed pod; current phase is Succeeded/);
    assert.match(kubectl("exec", "nobody", "--", "true").stderr, /pods "nobody" not found/);
  });

  test(`a port that nobody listens on is told so (${transport})`, LIMIT, async () => {
    const argv = ["port-forward", "pod/shell", ":4321"];
    await using forward = new Background(
      spawn(realClient("kubectl"), argv, { env: { ...cluster!.env, ...env }, stdio: "pipe" }),
    );
    const port = await waitFor("the port is told", () => /127\.0\.0\.1:(\d+) -> 4321/.exec(forward.stdout)?.[1], {
      seen: () => forward.stdout + forward.stderr,
    });
    assert.equal(curl(`http://127.0.0.1:${port}/`), undefined);
    await waitFor("why it failed", () => /error forwarding port 4321 to pod/.test(forward.stderr), {
      seen: () => forward.stderr,
    });
  });

  test(`a terminal has the size of the client's (${transport})`, LIMIT, async () => {
    const size = "stty rows 41 cols 123; exec";
    const argv = ["-qefc", `${size} ${realClient("kubectl")} exec -it shell -- sh`, "/dev/null"];
    await using shell = new Background(
      spawn("script", argv, { env: { ...cluster!.env, ...env }, stdio: ["pipe", "pipe", "pipe"] }),
    );
    await waitFor("the prompt", () => / [#$] /.test(shell.stdout), { seen: () => shell.stdout });
    // The size follows the start on a channel of its own.
    shell.write("until [ \"$(busybox stty size)\" = '41 123' ]; do sleep 0.1; done; echo sized-$((6*7))\n");
    await waitFor("the size", () => shell.stdout.includes("sized-42"), { seen: () => shell.stdout });
    shell.write("exit\n");
    await waitFor("the shell ended", () => shell.ended);
  });
}

test("attach to a terminal: what is typed reaches the process that runs", LIMIT, async () => {
  await using attached = cluster!.startOnTerminal("attach", "-it", "terminal");
  await waitFor("attached", () => attached.stdout.includes("If you don't see a command prompt"), {
    seen: () => attached.stdout,
  });
  attached.write("echo typed-$((40+2))\n");
  await waitFor("the answer", () => attached.stdout.includes("typed-42"), { seen: () => attached.stdout });
});

test("debug: an ephemeral container joins the pod and its processes", LIMIT, async () => {
  const argv = ["debug", "shell", "-it", "--image=busybox:1.36", "--target=main", "--container=probe"];
  await using debug = cluster!.startOnTerminal(...argv, "--", "sh");
  await waitFor("the prompt", () => / [#$] /.test(debug.stdout), { seen: () => debug.stdout });
  debug.write("ps | grep '[s]leep 1000000'; echo seen-$((6*7)); exit\n");
  await waitFor("the processes of the other container", () => /sleep 1000000\r?\n[^]*seen-42/.test(debug.stdout), {
    seen: () => debug.stdout,
  });
  const { stdout } = cluster!.tryKubectl(["get", "pod", "shell", "-o", "jsonpath={.spec.ephemeralContainers[*].name}"]);
  assert.equal(stdout, "probe");
});
