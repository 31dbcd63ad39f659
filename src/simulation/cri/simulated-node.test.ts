// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../api/index.ts";
import { isNotFound } from "../../apimachinery/index.ts";
import { CORE_EVENTS, NODES, PODS } from "../../client/index.ts";
import { startNode, type NodeFixture } from "./node-fixture.ts";

type Spec = Partial<Pod["spec"]>;

const podOf = (name: string, spec: Spec = {}, annotations: Record<string, string> = {}): Pod =>
  ({
    metadata: { name, namespace: "default", annotations },
    spec: { nodeName: "node-1", containers: [{ name: "app", image: "app:1" }], ...spec },
  }) as unknown as Pod;

const pods = (f: NodeFixture) => f.client.resource(PODS).namespace("default");

const create = (f: NodeFixture, name: string, spec: Spec = {}, annotations: Record<string, string> = {}) =>
  pods(f).create(podOf(name, spec, annotations), { signal: f.signal });

const status = async (f: NodeFixture, name: string) => (await pods(f).get(name, { signal: f.signal })).status;

const app = async (f: NodeFixture, name: string) => (await status(f, name))?.containerStatuses?.[0];

const condition = async (f: NodeFixture, name: string, type: string) =>
  (await status(f, name))?.conditions?.find((c) => c.type === type);

const events = async (f: NodeFixture, reason: string): Promise<string[]> => {
  const { items } = await f.client.resource(CORE_EVENTS).namespace("default").list({ signal: f.signal });
  return items.filter((e) => e.reason === reason).map((e) => e.message ?? "");
};

const isGone = async (f: NodeFixture, name: string): Promise<boolean> => {
  try {
    await pods(f).get(name, { signal: f.signal });
    return false;
  } catch (error) {
    return isNotFound(error);
  }
};

const runs = (f: NodeFixture, name: string) => f.until(async () => (await status(f, name))?.phase === "Running");

test("a node registers and becomes ready", async () => {
  await using f = await startNode();
  const node = await f.client.resource(NODES).get("node-1", { signal: f.signal });
  const ready = node.status?.conditions?.find((c) => c.type === "Ready");
  assert.equal(ready?.status, "True");
  assert.equal(ready?.message, "kubelet is posting ready status");
  assert.equal(node.metadata?.labels?.["kubernetes.io/hostname"], "node-1");
});

test("a pod bound to the node runs, and is gone after it was deleted", async () => {
  await using f = await startNode();
  await create(f, "web");
  await runs(f, "web");
  const running = await status(f, "web");
  assert.equal(running?.conditions?.find((c) => c.type === "Ready")?.status, "True");
  assert.match(running?.podIP ?? "", /^100\.64\.1\./);
  await pods(f).delete("web", { signal: f.signal });
  await f.until(() => isGone(f, "web"));
  await f.until(() => f.node.kubelet.workers.size === 0);
  assert.deepEqual(await f.node.runtime.listPodSandbox({}), []);
});

test("a pod that runs once succeeds when its container ends well", async () => {
  await using f = await startNode();
  await create(f, "job", { restartPolicy: "Never" }, { "knarr.dev/run-for": "5s" });
  await f.until(async () => (await status(f, "job"))?.phase === "Succeeded");
  const ended = (await app(f, "job"))?.state?.terminated;
  assert.equal(ended?.exitCode, 0);
  assert.equal(ended?.reason, "Completed");
  assert.equal((await condition(f, "job", "Ready"))?.reason, "PodCompleted");
  assert.equal((await condition(f, "job", "Initialized"))?.reason, "PodCompleted");
});

test("a pod that runs once fails when its container ends badly", async () => {
  await using f = await startNode();
  await create(f, "job", { restartPolicy: "Never" }, { "knarr.dev/run-for": "1s", "knarr.dev/exit-code": "3" });
  await f.until(async () => (await status(f, "job"))?.phase === "Failed");
  assert.equal((await app(f, "job"))?.state?.terminated?.exitCode, 3);
  assert.equal((await condition(f, "job", "Ready"))?.reason, "PodFailed");
});

test("a container that crashes is restarted at once, and then after 10 and 20 seconds", async () => {
  await using f = await startNode();
  await create(f, "web", {}, { "knarr.dev/crash": "3" });
  await f.until(async () => (await app(f, "web"))?.state?.waiting?.reason === "CrashLoopBackOff");
  const first = await app(f, "web");
  assert.equal(first?.restartCount, 1);
  assert.match(first?.state?.waiting?.message ?? "", /^back-off 10s restarting failed container=app pod=web_default\(/);
  assert.equal(first?.lastState?.terminated?.exitCode, 1);
  const startMs = f.clock.nowMs();
  await f.until(async () => (await app(f, "web"))?.restartCount === 2);
  assert.equal(Math.round((f.clock.nowMs() - startMs) / 1000), 10);
  await f.until(async () => (await app(f, "web"))?.state?.running !== undefined);
  assert.equal(Math.round((f.clock.nowMs() - startMs) / 1000), 30);
  assert.equal(
    (await events(f, "BackOff"))[0]?.startsWith("Back-off restarting failed container app in pod web_default("),
    true,
  );
});

test("init containers run one after the other before the containers", async () => {
  await using f = await startNode();
  const initContainers = ["one", "two"].map((name) => ({ name, image: "init:1" }));
  await create(f, "web", { initContainers }, { "knarr.dev/one.run-for": "2s", "knarr.dev/two.run-for": "3s" });
  await f.until(async () => (await status(f, "web"))?.initContainerStatuses?.[0]?.state?.running !== undefined);
  assert.equal((await app(f, "web"))?.state?.waiting?.reason, "PodInitializing");
  const waiting = await condition(f, "web", "Initialized");
  assert.equal(waiting?.reason, "ContainersNotInitialized");
  assert.equal(waiting?.message, "containers with incomplete status: [one two]");
  await runs(f, "web");
  const [one, two] = (await status(f, "web"))?.initContainerStatuses ?? [];
  assert.equal(one?.ready, true);
  assert.ok((one?.state?.terminated?.finishedAt ?? "") <= (two?.state?.terminated?.startedAt ?? ""));
  assert.equal((await condition(f, "web", "Initialized"))?.status, "True");
});

test("a sidecar starts before the containers and ends after them", async () => {
  await using f = await startNode();
  const initContainers = [{ name: "side", image: "side:1", restartPolicy: "Always" }];
  await create(f, "web", { initContainers, restartPolicy: "Never" }, { "knarr.dev/app.run-for": "5s" });
  await runs(f, "web");
  assert.equal((await status(f, "web"))?.initContainerStatuses?.[0]?.started, true);
  await f.until(async () => (await status(f, "web"))?.phase === "Succeeded");
  const side = (await status(f, "web"))?.initContainerStatuses?.[0]?.state?.terminated;
  const ended = (await app(f, "web"))?.state?.terminated;
  assert.ok((side?.finishedAt ?? "") >= (ended?.finishedAt ?? "x"));
});

const READINESS = { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 2 };

test("a pod is ready when its readiness probe succeeds", async () => {
  await using f = await startNode();
  const containers = [{ name: "app", image: "app:1", readinessProbe: READINESS }];
  await create(f, "web", { containers }, { "knarr.dev/ready-after": "7s" });
  await runs(f, "web");
  assert.equal((await condition(f, "web", "Ready"))?.message, "containers with unready status: [app]");
  await f.until(async () => (await condition(f, "web", "Ready"))?.status === "True");
  assert.equal((await events(f, "Unhealthy"))[0], "Readiness probe failed: HTTP probe failed with statuscode: 503");
});

test("a container whose liveness probe fails three times is restarted", async () => {
  await using f = await startNode();
  const livenessProbe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 5, failureThreshold: 3 };
  const containers = [{ name: "app", image: "app:1", livenessProbe }];
  await create(f, "web", { containers }, { "knarr.dev/live-for": "20s" });
  await runs(f, "web");
  await f.until(async () => (await app(f, "web"))?.restartCount === 1);
  assert.deepEqual(await events(f, "Killing"), ["Container app failed liveness probe, will be restarted"]);
  assert.equal((await events(f, "Unhealthy"))[0], "Liveness probe failed: HTTP probe failed with statuscode: 503");
});

test("a startup probe holds the other probes back", async () => {
  await using f = await startNode();
  const startupProbe = { httpGet: { path: "/startup", port: 8080 }, periodSeconds: 1, failureThreshold: 30 };
  const containers = [{ name: "app", image: "app:1", startupProbe, readinessProbe: READINESS }];
  await create(f, "web", { containers }, { "knarr.dev/started-after": "10s" });
  await runs(f, "web");
  assert.equal((await app(f, "web"))?.started, false);
  await f.until(async () => (await condition(f, "web", "Ready"))?.status === "True");
  assert.equal((await app(f, "web"))?.started, true);
  assert.equal(
    (await events(f, "Unhealthy")).some((m) => m.startsWith("Readiness")),
    false,
  );
});

test("a container that is killed for its memory says so", async () => {
  await using f = await startNode();
  await create(f, "web", {}, { "knarr.dev/oom-after": "3s" });
  await f.until(async () => (await app(f, "web"))?.restartCount === 1);
  const last = (await app(f, "web"))?.lastState?.terminated;
  assert.equal(last?.reason, "OOMKilled");
  assert.equal(last?.exitCode, 137);
});

test("an image that cannot be had is asked for with growing delays", async () => {
  await using f = await startNode();
  const containers = [{ name: "app", image: "registry.invalid/app:1" }];
  await create(f, "web", { containers });
  await f.until(async () => (await app(f, "web"))?.state?.waiting?.reason === "ErrImagePull");
  await f.until(async () => (await app(f, "web"))?.state?.waiting?.reason === "ImagePullBackOff");
  assert.match(
    (await app(f, "web"))?.state?.waiting?.message ?? "",
    /^Back-off pulling image "registry\.invalid\/app:1": ErrImagePull: /,
  );
  assert.equal((await status(f, "web"))?.phase, "Pending");
  assert.deepEqual((await events(f, "BackOff"))[0], 'Back-off pulling image "registry.invalid/app:1"');
});

test("a preStop hook takes its time out of the grace period", async () => {
  await using f = await startNode();
  const containers = [{ name: "app", image: "app:1", lifecycle: { preStop: { sleep: { seconds: 4 } } } }];
  await create(f, "web", { containers, terminationGracePeriodSeconds: 10 });
  await runs(f, "web");
  await pods(f).delete("web", { signal: f.signal });
  const startMs = f.clock.nowMs();
  await f.until(() => isGone(f, "web"));
  assert.equal(Math.round((f.clock.nowMs() - startMs) / 1000), 4);
});

test("a second delete with a shorter grace period ends what is ending", async () => {
  await using f = await startNode();
  await create(f, "web", {}, { "knarr.dev/stop-after": "1h" });
  await runs(f, "web");
  await pods(f).delete("web", { signal: f.signal, gracePeriodSeconds: 600 });
  await f.clock.advance(5_000);
  const startMs = f.clock.nowMs();
  await pods(f).delete("web", { signal: f.signal, gracePeriodSeconds: 3 });
  await f.until(() => isGone(f, "web"));
  assert.equal(Math.round((f.clock.nowMs() - startMs) / 1000), 3);
});

test("a pod is failed when its active deadline passes", async () => {
  await using f = await startNode();
  await create(f, "web", { activeDeadlineSeconds: 20 });
  await runs(f, "web");
  await f.until(async () => (await status(f, "web"))?.phase === "Failed");
  const ended = await status(f, "web");
  assert.equal(ended?.reason, "DeadlineExceeded");
  assert.equal(ended?.message, "Pod was active on the node longer than the specified deadline");
});

test("a pod that does not fit is rejected", async () => {
  await using f = await startNode({ host: { cpuCount: 2 } });
  const containers = [{ name: "app", image: "app:1", resources: { requests: { cpu: "3" } } }];
  await create(f, "web", { containers });
  await f.until(async () => (await status(f, "web"))?.phase === "Failed");
  const rejected = await status(f, "web");
  assert.equal(rejected?.reason, "OutOfcpu");
  assert.equal(
    rejected?.message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000",
  );
});

test("a kubelet that starts again adopts what runs and restarts nothing", async () => {
  await using f = await startNode();
  const containers = [{ name: "app", image: "app:1", readinessProbe: READINESS }];
  await create(f, "web", { containers });
  await f.until(async () => (await condition(f, "web", "Ready"))?.status === "True");
  const before = await pods(f).get("web", { signal: f.signal });
  await f.restartKubelet();
  await f.clock.advance(30_000);
  const after = await pods(f).get("web", { signal: f.signal });
  assert.deepEqual(after.status, before.status);
});

test("what the API server forgot while no kubelet ran is ended", async () => {
  await using f = await startNode();
  await create(f, "web");
  await runs(f, "web");
  const restarting = f.restartKubelet();
  await pods(f).delete("web", { signal: f.signal, gracePeriodSeconds: 0 });
  await restarting;
  await f.until(async () => (await f.node.runtime.listPodSandbox({})).length === 0);
  assert.equal(f.node.kubelet.workers.size, 0);
});

test("the lease of a node is renewed every ten seconds", async () => {
  await using f = await startNode();
  const lease = async () =>
    f.client.requestJson<{ spec: { renewTime: string } }>(
      "GET",
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1",
      { signal: f.signal },
    );
  await f.clock.advance(1_000);
  const first = (await lease()).spec.renewTime;
  await f.clock.advance(10_000);
  assert.equal(Date.parse((await lease()).spec.renewTime) - Date.parse(first), 10_000);
});
