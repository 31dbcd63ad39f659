// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../base/index.ts";
import { Client, type ClientRequest } from "../../client/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { DEFAULT_NODE_OPTIONS } from "./node-options.ts";
import { NodeReporter } from "./node-reporter.ts";

const decoder = new TextDecoder();
const CHECK_MS = 10_000;
const END = new Error("the test ends");

/** An API server that answers each patch with the node as patched. */
const transport = {
  async request(request: ClientRequest) {
    const bytes = request.body ?? new Uint8Array();
    const { status } = JSON.parse(decoder.decode(bytes)) as { status: object };
    const answer = new TextEncoder().encode(JSON.stringify({ metadata: { name: "n" }, status }));
    return { status: 200, headers: {}, bytes: async () => answer, async *chunks() {} };
  },
};

/** How long the reporter of a starting node waits between looks, when its runtime is up from the given look on. */
async function waits(looks: number, upFrom: number): Promise<number[]> {
  const slept: number[] = [];
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(delayMs: number) {
      slept.push(delayMs);
      nowMs += delayMs;
      if (slept.length === looks) throw END;
    },
  };
  const runtime = {
    version: async () => ({ name: "containerd", version: "1" }),
    async status() {
      if (slept.length < upFrom) throw new Error("it starts");
      return { conditions: [] };
    },
  };
  const host = { addresses: ["10.0.0.1"], architecture: "amd64", operatingSystem: "linux", hostname: "n" };
  const context = {
    nodeName: "n",
    clock,
    runtime,
    host: { ...host, cpuCount: 1, memoryBytes: 1e9, ephemeralStorageBytes: 1e9, swapBytes: 0 },
    images: { listImages: async () => [] },
    log: silentLogger,
    recorder: { event: () => undefined },
  } as unknown as KubeletContext;
  const reporter = new NodeReporter({
    context,
    client: new Client({ transport, userAgent: "kubelet" }),
    options: { ...DEFAULT_NODE_OPTIONS, statusCheckMs: CHECK_MS },
  });
  const { signal } = new AbortController();
  await reporter.reportStatus(signal);
  await assert.rejects(reporter.runStatus(signal), END);
  return slept;
}

test("a node that starts before its runtime is Ready soon after that", async () => {
  assert.deepEqual(await waits(5, 3), [500, 500, 500, CHECK_MS, CHECK_MS]);
});

test("a node that stays without a runtime is looked at as any other after two minutes", async () => {
  const slept = await waits(242, Infinity);
  assert.deepEqual(slept.slice(238), [500, 500, CHECK_MS, CHECK_MS]);
});
