// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CONFIG_MAPS } from "../../src/client/index.ts";
import { apiClient } from "./support/api-client.ts";
import { pidOf, statusOf } from "./support/node-processes.ts";
import { curl, startRealNode } from "./support/real-node.ts";
import { noRealNodes, type TestCluster } from "./support/test-cluster.ts";
import { waitFor } from "./support/wait-for.ts";

const REPLICAS = 2;
const WEB = JSON.stringify({
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: REPLICAS,
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: "main",
                image: "company/payments-api:v2.1.4",
                command: [
                  "sh",
                  "-c",
                  "i=0; (while :; do i=$((i+1)); echo line $i; sleep 0.2; done) & exec httpd -f -p 8080 -h /www",
                ],
                readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
                livenessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1, failureThreshold: 2 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ],
});

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status: {
      readonly podIP: string;
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses: readonly { readonly containerID: string; readonly restartCount: number }[];
    };
  }[];
}

describe("a cluster whose control plane and agent are killed at once", { skip: noRealNodes() ?? false }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await startRealNode("crash");
  });
  after(() => cluster?.[Symbol.dispose]());

  const seen = () => cluster.state();
  const pods = () => cluster.json<Pods>("get", "pods", "-l", "app=web").items;
  const containers = () =>
    pods()
      .flatMap(({ metadata, status }) =>
        status.containerStatuses.map((c) => `${metadata.name} ${c.containerID} ${status.podIP} ${c.restartCount}`),
      )
      .sort();
  const lines = (pod: string) => cluster.kubectl("logs", pod).trim().split("\n");
  const revision = () => {
    const list = JSON.parse(cluster.kubectl("get", "--raw", "/api/v1/nodes")) as {
      metadata: { resourceVersion: string };
    };
    return Number(list.metadata.resourceVersion);
  };
  const execs = (pod: string) =>
    waitFor("commands run in a container", () => cluster.tryKubectl(["exec", pod, "--", "true"]).code === 0, { seen });

  test("goes on where it was: objects, containers, addresses, logs and probes", async (t) => {
    cluster.apply(WEB);
    cluster.kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=90s");
    const address = cluster.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    const ask = () => curl(`http://${address}/cgi-bin/hostname`);
    await waitFor("the Service answers", ask, { seen });
    const status = statusOf(cluster);
    const before = containers();
    const [pod] = pods().map(({ metadata }) => metadata.name);
    assert.equal(before.length, REPLICAS);

    const objects = apiClient(cluster).resource(CONFIG_MAPS).namespace("default");
    const acknowledged: string[] = [];
    let last = 0;
    const signal = AbortSignal.timeout(60_000);
    const writing = (async () => {
      for (let i = 0; ; i++) {
        const made = await objects.create({ metadata: { name: `kept-${i}` } }, { signal });
        acknowledged.push(`configmap/kept-${i}`);
        last = Number(made.metadata!.resourceVersion);
      }
    })().catch(() => undefined);
    await waitFor("objects are being made", () => acknowledged.length > 20);
    process.kill(pidOf(status, "control-plane"), "SIGKILL");
    process.kill(pidOf(status, "node-agent-1"), "SIGKILL");
    await writing;

    const answers = Array.from({ length: 10 }, ask);
    assert.ok(answers.every(Boolean), `the Service answered ${answers.join(", ")} while nobody was there`);
    assert.equal(cluster.knarr("status").code, 3);
    const linesBefore = acknowledged.length;
    cluster.up();

    const kept = new Set(cluster.kubectl("get", "configmaps", "-o", "name").split("\n"));
    assert.deepEqual(
      acknowledged.filter((name) => !kept.has(name)),
      [],
    );
    assert.ok(revision() >= last, `revision ${revision()} after ${last}`);
    assert.deepEqual(containers(), before);
    const after = statusOf(cluster);
    assert.deepEqual(after.runtime, status.runtime);
    assert.notEqual(pidOf(after, "control-plane"), pidOf(status, "control-plane"));
    t.diagnostic(`${linesBefore} objects were acknowledged`);

    assert.equal(lines(pod!)[0], "line 1");
    const count = lines(pod!).length;
    await waitFor("its log goes on", () => lines(pod!).length > count, { seen });
    await execs(pod!);
    assert.ok(ask());
  });

  test("its probes go on, and so do its controllers", async () => {
    const [first, second] = pods().map(({ metadata }) => metadata.name);
    const statusOfPod = (name: string) => pods().find(({ metadata }) => metadata.name === name)!.status;
    cluster.kubectl("exec", first!, "--", "rm", "/www/ready");
    await waitFor(
      "the pod is not ready",
      () => statusOfPod(first!).conditions.some(({ type, status }) => type === "Ready" && status === "False"),
      { seen },
    );
    cluster.kubectl("exec", second!, "--", "rm", "/www/healthz");
    await waitFor("the other is started again", () => statusOfPod(second!).containerStatuses[0]!.restartCount === 1, {
      seen,
    });
    cluster.kubectl("scale", "deployment", "web", "--replicas=3");
    await waitFor("another pod is there", () => pods().length === 3, { seen });
    // Nobody had to wait until the lease of those that were killed expired.
    const lease = ["get", "lease", "-n", "kube-system", "kube-controller-manager"];
    assert.equal(cluster.kubectl(...lease, "-o", "jsonpath={.spec.leaseTransitions}"), "0");
    cluster.kubectl("delete", "deployment", "web");
    await waitFor("all are gone", () => pods().length === 0, { seen });
  });

  test("a containerd that was killed is started again, and pods run on", async () => {
    cluster.apply(WEB);
    cluster.kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=90s");
    const before = containers();
    const killed = statusOf(cluster).runtime[0]!.containerd!.pid;
    process.kill(killed, "SIGKILL");
    await waitFor("there is another containerd", () => {
      const now = statusOf(cluster).runtime[0]?.containerd?.pid;
      return now !== undefined && now !== killed;
    });
    const [pod] = pods().map(({ metadata }) => metadata.name);
    await execs(pod!);
    assert.deepEqual(containers(), before);
  });

  test("a node whose PID 1 was killed starts again like a machine", async () => {
    const before = statusOf(cluster).runtime[0]!.pid1!.pid;
    process.kill(before, "SIGKILL");
    await waitFor("the node is gone", () => statusOf(cluster).runtime[0]?.pid1 === undefined);
    process.kill(pidOf(statusOf(cluster), "control-plane"), "SIGKILL");
    cluster.up();
    assert.notEqual(statusOf(cluster).runtime[0]?.pid1?.pid, before);
    const ready = () => cluster.kubectl("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}");
    await waitFor(
      "its pods run again",
      () => ready() === String(REPLICAS) && containers().every((c) => / [1-9]\d*$/.test(c)),
      { seen, limitMs: 120_000 },
    );
  });
});
