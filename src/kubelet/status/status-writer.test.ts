// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, type Clock } from "../../base/index.ts";
import { Client, type ClientRequest } from "../../client/index.ts";
import { PodRecord } from "../pods/pod-record.ts";
import type { Pod, PodStatus } from "../types.ts";
import { StatusWriter } from "./status-writer.ts";

const decoder = new TextDecoder();

/** A writer whose requests wait until they are let go; the bodies that were sent. */
function writer() {
  const sent: { status: Record<string, unknown> }[] = [];
  const gates: (() => void)[] = [];
  const transport = {
    async request(request: ClientRequest) {
      sent.push(JSON.parse(decoder.decode(request.body)) as { status: Record<string, unknown> });
      await new Promise<void>((resolve) => gates.push(resolve));
      const bytes = new TextEncoder().encode("{}");
      return { status: 200, headers: {}, bytes: async () => bytes, async *chunks() {} };
    },
  };
  const statuses = new StatusWriter({
    client: new Client({ transport, userAgent: "kubelet" }),
    clock: {} as Clock,
    log: silentLogger,
    coalesceMs: 0,
  });
  const abort = new AbortController();
  statuses.start(abort.signal);
  return { statuses, sent, release: () => gates.shift()?.(), signal: abort.signal };
}

const record = () => new PodRecord({ metadata: { name: "p", namespace: "n", uid: "u" } } as unknown as Pod, 0);
const phase = (text: string): PodStatus => ({ phase: text });
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what changes while a patch is under way is sent once, after it", async () => {
  const { statuses, sent, release, signal } = writer();
  const r = record();
  statuses.set(r, phase("Pending"));
  statuses.set(r, phase("Running"));
  statuses.set(r, phase("Failed"));
  await settled();
  release();
  await settled();
  release();
  await statuses.flushed(r, signal);
  assert.deepEqual(
    sent.map((s) => s.status["phase"]),
    ["Pending", "Failed"],
  );
});

test("a status that says nothing new is not sent", async () => {
  const { statuses, sent, release, signal } = writer();
  const r = record();
  statuses.set(r, phase("Running"));
  await settled();
  release();
  await statuses.flushed(r, signal);
  statuses.set(r, phase("Running"));
  await settled();
  assert.equal(sent.length, 1);
});

test("nobody waits for the status of a pod that is gone", async () => {
  const { statuses, sent, signal } = writer();
  const r = record();
  r.removed = true;
  statuses.set(r, phase("Failed"));
  await statuses.flushed(r, signal);
  assert.equal(sent.length, 0);
});
