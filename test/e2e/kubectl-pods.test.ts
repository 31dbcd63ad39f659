// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

/** Writes a line about ten times a second, and ends at once when it is told to. */
const TALKS = `trap "exit 0" TERM; i=0; while :; do i=$((i+1)); echo "line $i"; echo "problem $i" >&2; sleep 0.1 & wait $!; done`;

const TALKER = `apiVersion: v1
kind: Pod
metadata:
  name: talker
  labels: { app: talker }
spec:
  containers:
    - name: talker
      image: busybox:1.36
      command: ["sh", "-c", '${TALKS}']
    - name: other
      image: busybox:1.36
      command: ["sh", "-c", 'trap "exit 0" TERM; echo from the other; while :; do sleep 1 & wait $!; done']
`;

const WEB = `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: web
      image: company/payments-api:v2.1.4
      ports:
        - { name: http, containerPort: 8080 }
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports:
    - { name: http, port: 80, targetPort: http }
`;

/** Ends with an error, and is started again. */
const FAILS = `apiVersion: v1
kind: Pod
metadata:
  name: fails
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: fails
      image: busybox:1.36
      command: ["sh", "-c", "echo run; exit 3"]
`;

describe("kubectl with pods", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRealNode("kpod");
    cluster.apply(`${TALKER}---\n${WEB}---\n${FAILS}`);
    kubectl("wait --for=condition=Ready pod/talker pod/web --timeout=90s");
  });
  after(() => cluster?.[Symbol.dispose]());

  const kubectl = (line: string, ...more: string[]) => cluster.kubectl(...line.split(" "), ...more);

  test("shows logs: whole, the last lines, of late, with times, of each container", async () => {
    assert.match(kubectl("logs talker"), /^Defaulted|^(line|problem) 1\n/);
    assert.equal(kubectl("logs talker -c talker --tail=3").trim().split("\n").length, 3);
    assert.match(
      kubectl("logs talker -c talker --tail=1 --timestamps"),
      /^\d{4}-\d\d-\d\dT[\d:.]+Z (line|problem) \d+\n$/,
    );
    const lines = () => kubectl("logs talker -c talker").split("\n").length;
    await waitFor("it has written for more than a second", () => lines() > 30);
    const whole = lines();
    const late = kubectl("logs talker -c talker --since=1s").split("\n").length;
    assert.ok(late < whole, `${late} lines of the last second, ${whole} in all`);
    assert.equal(kubectl("logs talker -c other"), "from the other\n");
    assert.match(kubectl("logs -l app=talker --all-containers --prefix"), /\[pod\/talker\/other\] from the other\n/);
    assert.ok(Buffer.byteLength(kubectl("logs talker -c talker --limit-bytes=20")) <= 20);
    assert.match(
      cluster.tryKubectl(["logs", "talker", "-c", "nobody"]).stderr,
      /container nobody is not valid for pod talker/,
    );
  });

  test("follows logs until the container ends", async () => {
    kubectl(
      "run brief --image=busybox:1.36 --restart=Never --",
      "sh",
      "-c",
      "for i in 1 2 3; do echo $i; sleep 0.3; done",
    );
    kubectl("wait --for=jsonpath={.status.containerStatuses[0].started}=true pod/brief --timeout=60s");
    await using follow = cluster.start("logs", "-f", "brief");
    await waitFor("it ended with the container", () => follow.ended, { seen: () => follow.stdout + follow.stderr });
    assert.equal(follow.stdout, "1\n2\n3\n");
    await using talk = cluster.start("logs", "-f", "talker", "-c", "talker", "--tail=1");
    await waitFor("new lines come", () => talk.stdout.split("\n").length > 8);
  });

  test("shows the logs of the container before a restart", async () => {
    const restarts = () => Number(kubectl("get pod fails -o jsonpath={.status.containerStatuses[0].restartCount}"));
    await waitFor("it was started again", () => restarts() > 0);
    assert.equal(kubectl("logs fails --previous"), "run\n");
    assert.match(kubectl("describe pod fails"), /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +3\n/);
  });

  test("runs commands in a container: output, input, exit code", () => {
    assert.equal(kubectl("exec web -- hostname"), "web\n");
    const failed = cluster.tryKubectl(["exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert.deepEqual([failed.stdout, failed.code], ["out\n", 7]);
    assert.match(failed.stderr, /^err\ncommand terminated with exit code 7\n$/);
    const big = "0123456789abcdef".repeat(64 * 1024);
    assert.equal(cluster.tryKubectl(["exec", "-i", "web", "--", "cat"], big).stdout, big);
    assert.match(cluster.tryKubectl(["exec", "web", "--", "/no/such"]).stderr, /no such file or directory/);
  });

  test("gives a terminal", async () => {
    await using shell = cluster.startOnTerminal("exec", "-it", "web", "--", "sh");
    await waitFor("the prompt", () => / [#$] /.test(shell.stdout), { seen: () => shell.stdout });
    shell.write("test -t 0 && echo on-a-$((40+2))-terminal\n");
    await waitFor("the shell is on a terminal", () => shell.stdout.includes("on-a-42-terminal"), {
      seen: () => shell.stdout,
    });
    shell.write("exit 5\n");
    await waitFor("the shell ended", () => shell.ended);
    assert.equal(shell.process.exitCode, 5, shell.stdout);
  });

  test("runs a pod, attached to it, and removes it", async () => {
    const { code, stdout, stderr } = cluster.tryKubectl(
      [
        "run",
        "once",
        "--image=busybox:1.36",
        "--restart=Never",
        "--rm",
        "-i",
        "--",
        "sh",
        "-c",
        "read word; echo got $word",
      ],
      "hello\n",
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /got hello\n/);
    assert.match(stdout, /pod "once" deleted/);
    await using attached = cluster.start("attach", "talker", "-c", "talker");
    await waitFor("lines come", () => /line \d+\n/.test(attached.stdout), { seen: () => attached.stderr });
  });

  test("forwards ports of pods and services", async () => {
    for (const [target, port] of [
      ["pod/web", "8080"],
      ["service/web", "80"],
      ["service/web", "http"],
    ] as const) {
      await using forward = cluster.start("port-forward", target, `:${port}`);
      const local = await waitFor(`${target} is forwarded`, () => /127\.0\.0\.1:(\d+)/.exec(forward.stdout)?.[1], {
        seen: () => forward.stdout + forward.stderr,
      });
      for (let round = 0; round < 2; round++) assert.equal(curl(`http://127.0.0.1:${local}/cgi-bin/hostname`), "web");
    }
  });

  test("copies files in and out", () => {
    const folder = join(cluster.home, "copied");
    mkdirSync(join(folder, "deep"), { recursive: true });
    const bytes = Buffer.alloc(300_000, "knarr");
    writeFileSync(join(folder, "deep", "file"), bytes);
    kubectl(`cp ${folder} web:/tmp/copied`);
    assert.match(kubectl("exec web -- wc -c /tmp/copied/deep/file"), /^300000 /);
    kubectl(`cp web:/tmp/copied/deep/file ${folder}/back`);
    assert.ok(readFileSync(join(folder, "back")).equals(bytes));
  });

  test("reaches pods and services through the API server", () => {
    const path = "/api/v1/namespaces/default";
    assert.equal(kubectl(`get --raw ${path}/pods/web:8080/proxy/cgi-bin/hostname`), "web\n");
    assert.equal(kubectl(`get --raw ${path}/services/web:http/proxy/cgi-bin/hostname`), "web\n");
  });

  test("taints, cordons and drains a node", async () => {
    assert.equal(kubectl("taint nodes node-1 dedicated=x:NoSchedule"), "node/node-1 tainted\n");
    kubectl("run waits --image=busybox:1.36 --", "sleep", "1");
    await waitFor("the taint keeps pods away", () =>
      /0\/1 nodes are available: 1 node\(s\) had untolerated taint\(s\)/.test(kubectl("describe pod waits")),
    );
    assert.equal(kubectl("taint nodes node-1 dedicated-"), "node/node-1 untainted\n");
    await waitFor("the pod is scheduled", () => kubectl("get pod waits -o jsonpath={.spec.nodeName}") === "node-1");
    assert.equal(kubectl("cordon node-1"), "node/node-1 cordoned\n");
    assert.match(kubectl("get node node-1"), /Ready,SchedulingDisabled/);
    const drained = kubectl("drain node-1 --force --grace-period=1 --timeout=90s");
    assert.match(drained, /evicting pod default\/talker[^]*node\/node-1 drained\n/);
    assert.equal(kubectl("get pods -o name"), "");
    assert.equal(kubectl("uncordon node-1"), "node/node-1 uncordoned\n");
  });
});
