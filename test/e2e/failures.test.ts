// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { containerPids, inNodeNetwork } from "./support/node-processes.ts";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const pod = (name: string, container: object, spec: object = {}) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [{ name: "main", ...container }] },
  });

const http = (path: string) => ({
  httpGet: { path, port: 8080 },
  periodSeconds: 1,
  failureThreshold: 1,
  successThreshold: 1,
});

const PAIR = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "pair" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "pair" } },
        template: {
          metadata: { labels: { app: "pair" } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [{ name: "main", image: "company/payments-api:v2.1.4", readinessProbe: http("/ready") }],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "pair" },
      spec: { selector: { app: "pair" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ],
});

interface ContainerStatus {
  readonly containerID?: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: {
    readonly running?: object;
    readonly waiting?: { readonly reason: string; readonly message?: string };
  };
  readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } };
}

interface Slices {
  readonly items: readonly {
    readonly endpoints?: readonly {
      readonly addresses: readonly string[];
      readonly conditions: { readonly ready: boolean };
      readonly targetRef: { readonly name: string };
    }[];
  }[];
}

describe("containers that fail", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRealNode("fail");
  });
  after(() => cluster?.[Symbol.dispose]());

  const seen = () => cluster.state();
  const statusOf = (name: string): ContainerStatus | undefined =>
    cluster.json<{ status: { containerStatuses?: readonly ContainerStatus[] } }>("get", "pod", name).status
      .containerStatuses?.[0];
  const statusWhen = (what: string, name: string, is: (status: ContainerStatus) => unknown) =>
    waitFor(
      `${name} ${what}`,
      () => {
        const status = statusOf(name);
        return status && is(status) ? status : undefined;
      },
      { seen },
    );
  const runningAfter = (restarts: number, name: string) =>
    statusWhen(`runs after ${restarts} restarts`, name, (s) => s.state.running && s.restartCount === restarts);
  const events = (name: string) =>
    cluster.kubectl("get", "events", `--field-selector=involvedObject.name=${name}`, "-o", "custom-columns=M:.message");

  test("a container whose process is killed is started again, ever later", async () => {
    cluster.apply(pod("killed", { image: "busybox:1.36", command: ["sleep", "1000000"] }));
    const kill = (status: ContainerStatus) => {
      const pids = containerPids(status.containerID!.replace("containerd://", ""));
      assert.equal(pids.length, 1);
      process.kill(pids[0]!, "SIGKILL");
    };
    kill(await runningAfter(0, "killed"));
    const again = await runningAfter(1, "killed");
    assert.deepEqual([again.lastState.terminated?.reason, again.lastState.terminated?.exitCode], ["Error", 137]);
    kill(again);
    const waits = (delay: string) =>
      statusWhen(
        `waits ${delay}`,
        "killed",
        (s) =>
          s.state.waiting?.reason === "CrashLoopBackOff" && s.state.waiting.message?.startsWith(`back-off ${delay} `),
      );
    await waits("10s");
    kill(await runningAfter(2, "killed"));
    await waits("20s");
    assert.match(events("killed"), /Back-off restarting failed container main in pod killed_default\(/);
  });

  test("a container whose liveness probe fails is started again", async () => {
    cluster.apply(pod("unwell", { image: "company/payments-api:v2.1.4", livenessProbe: http("/healthz") }));
    await runningAfter(0, "unwell");
    cluster.kubectl("exec", "unwell", "--", "rm", "/www/healthz");
    await runningAfter(1, "unwell");
    assert.match(events("unwell"), /Liveness probe failed: HTTP probe failed with statuscode: 404/);
    assert.match(events("unwell"), /Container main failed liveness probe, will be restarted/);
    await statusWhen("is ready", "unwell", (status) => status.ready && status.restartCount === 1);
  });

  test("a pod whose readiness probe fails gets nothing from its Service until it passes", async () => {
    cluster.apply(PAIR);
    cluster.kubectl("wait", "--for=condition=Available", "deployment/pair", "--timeout=60s");
    const address = cluster.kubectl("get", "service", "pair", "-o", "jsonpath={.spec.clusterIP}");
    const ask = () => curl(`http://${address}/cgi-bin/hostname`);
    const endpoints = () =>
      cluster
        .json<Slices>("get", "endpointslices", "-l", "kubernetes.io/service-name=pair")
        .items.flatMap((slice) => slice.endpoints ?? []);
    const [out] = await waitFor("both are ready", () => {
      const found = endpoints();
      return found.length === 2 && found.every(({ conditions }) => conditions.ready) ? found : undefined;
    });
    const [name, ip] = [out!.targetRef.name, out!.addresses[0]!];
    const inRules = () => inNodeNetwork(cluster, "nft", "list", "table", "ip", "knarr").includes(`${ip} `);
    const isReady = () => endpoints().some((e) => e.addresses[0] === ip && e.conditions.ready);
    assert.ok(inRules());

    cluster.kubectl("exec", name, "--", "rm", "/www/ready");
    await waitFor("it is not ready", () => !isReady(), { seen });
    await waitFor("it is out of the rules", () => !inRules(), { seen });
    const answers = new Set(Array.from({ length: 20 }, ask));
    assert.equal(answers.size, 1, `answered: ${[...answers].join(" ")}`);
    assert.equal(answers.has(name), false);
    assert.equal(statusOf(name)?.restartCount, 0);

    cluster.kubectl("exec", name, "--", "touch", "/www/ready");
    await waitFor("it is ready again", isReady, { seen });
    await waitFor("it answers again", () => ask() === name, { seen });
  });

  test("a container over its memory limit is killed, and its status says so", async () => {
    const command = ["sh", "-c", "sleep 1; tail /dev/zero"];
    const resources = { limits: { memory: "32Mi" } };
    cluster.apply(pod("greedy", { image: "busybox:1.36", command, resources }));
    const status = await statusWhen("was killed", "greedy", (s) => s.restartCount > 0 && s.lastState.terminated);
    assert.equal(status.lastState.terminated?.reason, "OOMKilled");
    assert.equal(status.lastState.terminated?.exitCode, 137);
    assert.match(cluster.kubectl("describe", "pod", "greedy"), /Last State: +Terminated\n +Reason: +OOMKilled/);
  });
});
