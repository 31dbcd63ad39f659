// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobSpec } from "../../src/api/index.ts";
import { CRON_JOBS, JOBS } from "../../src/client/index.ts";
import { CORE_EVENTS, PODS } from "../../src/index.ts";
import { virtualCluster } from "./virtual-time.ts";

const { signal } = new AbortController();
const LIMIT = { limitMs: 3_600_000 };

type Story = Awaited<ReturnType<typeof virtualCluster>>;

/** A template whose pods run for a second and end as the annotations say. */
const template = (annotations: Record<string, string> = {}) => ({
  metadata: { annotations: { "knarr.dev/run-for": "1s", ...annotations } },
  spec: { restartPolicy: "Never", containers: [{ name: "c", image: "registry.example/c:1" }] },
});
const FAILING = { "knarr.dev/exit-code": "3" };

const jobs = ({ cluster }: Story) => cluster.client.resource(JOBS).namespace("default");
const pods = ({ cluster }: Story) => cluster.client.resource(PODS).namespace("default");

async function start(story: Story, spec: Partial<JobSpec>): Promise<void> {
  await story.clock.advance(2_000);
  await jobs(story).create({ metadata: { name: "j" }, spec: { template: template(), ...spec } as JobSpec }, { signal });
}

const statusOf = async (story: Story) => (await jobs(story).get("j", { signal })).status;

const conditionsOf = async (story: Story): Promise<string[]> =>
  ((await statusOf(story)).conditions ?? []).filter((c) => c.status === "True").map((c) => `${c.type} ${c.reason}`);

const untilOver = (story: Story) =>
  story.clock.advanceUntil(
    async () => (await conditionsOf(story)).some((text) => text.startsWith("Complete ") || text.startsWith("Failed ")),
    LIMIT,
  );

async function reasonsSaid({ cluster }: Story): Promise<string[]> {
  const { items } = await cluster.client.resource(CORE_EVENTS).namespace("default").list({ signal });
  return items.filter(({ involvedObject }) => involvedObject.kind === "Job").map(({ reason = "" }) => reason);
}

test("a job runs its pods side by side until enough succeeded, and lets them go counted", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { completions: 4, parallelism: 2 });
  let most = 0;
  await story.clock.advanceUntil(async () => {
    most = Math.max(most, (await statusOf(story)).active ?? 0);
    return (await conditionsOf(story)).length === 2;
  }, LIMIT);
  assert.equal(most, 2);
  assert.deepEqual(await conditionsOf(story), ["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"]);
  const { succeeded, failed, active, uncountedTerminatedPods, completionTime } = await statusOf(story);
  assert.deepEqual([succeeded, failed, active, uncountedTerminatedPods], [4, undefined, undefined, {}]);
  assert.ok(completionTime);
  const { items } = await pods(story).list({ signal });
  assert.equal(items.length, 4);
  assert.ok(items.every(({ metadata }) => metadata.finalizers === undefined));
  await story.clock.advance(1_000);
  assert.ok((await reasonsSaid(story)).includes("Completed"));
});

test("a job whose pods fail tries again with growing waits, and gives up at its limit", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { backoffLimit: 2, template: template(FAILING) });
  const beganMs = story.clock.monotonicMs();
  await untilOver(story);
  assert.deepEqual(await conditionsOf(story), ["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"]);
  assert.equal((await statusOf(story)).failed, 3);
  const tookMs = story.clock.monotonicMs() - beganMs;
  assert.ok(tookMs > 30_000 && tookMs < 50_000, `took ${tookMs} ms`);
});

test("an indexed job gives each index one success, and tells pods their index", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { completions: 3, parallelism: 3, completionMode: "Indexed" });
  await untilOver(story);
  const status = await statusOf(story);
  assert.deepEqual([status.succeeded, status.completedIndexes], [3, "0-2"]);
  const { items } = await pods(story).list({ signal });
  assert.deepEqual(items.map(({ spec }) => spec.hostname).sort(), ["j-0", "j-1", "j-2"]);
  const env = items[0]?.spec.containers[0]?.env?.find(({ name }) => name === "JOB_COMPLETION_INDEX");
  assert.equal(env?.valueFrom?.fieldRef?.fieldPath, "metadata.labels['batch.kubernetes.io/job-completion-index']");
});

test("with a limit for each index the others go on when one fails", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, {
    completions: 2,
    parallelism: 2,
    completionMode: "Indexed",
    backoffLimitPerIndex: 1,
    template: template(FAILING),
  });
  await untilOver(story);
  assert.deepEqual(await conditionsOf(story), ["FailureTarget FailedIndexes", "Failed FailedIndexes"]);
  const { failedIndexes, failed } = await statusOf(story);
  assert.deepEqual([failedIndexes, failed], ["0,1", 4]);
});

test("a failure policy can end a job at once, or overlook a failure", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const onExitCodes = { operator: "In", values: [3] };
  await start(story, {
    template: template(FAILING),
    podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes }] },
  });
  await untilOver(story);
  assert.deepEqual(await conditionsOf(story), ["FailureTarget PodFailurePolicy", "Failed PodFailurePolicy"]);
  const failed = (await statusOf(story)).conditions?.find(({ type }) => type === "Failed");
  assert.match(
    failed?.message ?? "",
    /^Container c for pod default\/j-\w+ failed with exit code 3 matching FailJob rule at index 0$/,
  );
});

test("a success policy ends an indexed job early, and takes its other pods away", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, {
    completions: 4,
    parallelism: 1,
    completionMode: "Indexed",
    successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] },
  });
  await untilOver(story);
  assert.deepEqual(await conditionsOf(story), ["SuccessCriteriaMet SuccessPolicy", "Complete SuccessPolicy"]);
  assert.equal((await statusOf(story)).completedIndexes, "0");
});

test("a suspended job has no pods until it is resumed", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { suspend: true });
  await story.clock.advance(10_000);
  assert.equal((await pods(story).list({ signal })).items.length, 0);
  assert.deepEqual(await conditionsOf(story), ["Suspended JobSuspended"]);
  await jobs(story).patch("j", "merge", { spec: { suspend: false } }, { signal });
  await untilOver(story);
  assert.deepEqual((await reasonsSaid(story)).filter((r) => /Suspended|Resumed/.test(r)).sort(), [
    "Resumed",
    "Suspended",
  ]);
});

test("a job over its deadline fails, and its pods are gone before it says so", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { activeDeadlineSeconds: 20, template: template({ "knarr.dev/run-for": "1h" }) });
  await untilOver(story);
  assert.deepEqual(await conditionsOf(story), ["FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"]);
  assert.equal((await pods(story).list({ signal })).items.length, 0);
});

test("a finished job goes when its time to live has passed", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { ttlSecondsAfterFinished: 30 });
  await untilOver(story);
  await story.clock.advance(29_000);
  assert.equal((await jobs(story).list({ signal })).items.length, 1);
  await story.clock.advanceUntil(async () => (await jobs(story).list({ signal })).items.length === 0, {
    limitMs: 10_000,
  });
  await story.clock.advanceUntil(async () => (await pods(story).list({ signal })).items.length === 0, {
    limitMs: 10_000,
  });
});

test("a job that is deleted lets its pods go", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  await start(story, { template: template({ "knarr.dev/run-for": "1h" }) });
  await story.clock.advance(5_000);
  await jobs(story).delete("j", { signal, propagationPolicy: "Background" });
  await story.clock.advanceUntil(async () => (await pods(story).list({ signal })).items.length === 0, LIMIT);
});

test("a cron job makes a job a minute, keeps the last three, and forbids overlaps when told to", async () => {
  await using story = await virtualCluster({ simulatedNodes: 1 });
  const crons = story.cluster.client.resource(CRON_JOBS).namespace("default");
  await story.clock.advance(2_000);
  const jobTemplate = { spec: { template: template() } };
  await crons.create({ metadata: { name: "c" }, spec: { schedule: "* * * * *", jobTemplate } }, { signal });
  await story.clock.advance(6 * 60_000 + 10_000);
  const names = (await jobs(story).list({ signal })).items.map(({ metadata }) => metadata.name).sort();
  const minute = Math.floor(story.clock.nowMs() / 60_000);
  assert.deepEqual(
    names,
    [minute - 2, minute - 1, minute].map((m) => `c-${m}`),
  );
  const { status } = await crons.get("c", { signal });
  assert.equal(status.active, undefined);
  assert.equal(status.lastScheduleTime, "2026-01-01T00:06:00Z");
  assert.ok(status.lastSuccessfulTime && status.lastSuccessfulTime > status.lastScheduleTime);
  const slow = { spec: { template: template({ "knarr.dev/run-for": "150s" }) } };
  const spec = { schedule: "* * * * *", concurrencyPolicy: "Forbid", jobTemplate: slow };
  await crons.create({ metadata: { name: "slow" }, spec }, { signal });
  await story.clock.advance(5 * 60_000);
  const slowJobs = (await jobs(story).list({ signal })).items.filter(({ metadata }) =>
    metadata.name.startsWith("slow-"),
  );
  assert.equal(slowJobs.length, 2);
});
