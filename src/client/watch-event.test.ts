// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../apimachinery/index.ts";
import { decodeWatchBatches, decodeWatchEvents } from "./watch-event.ts";

const encoder = new TextEncoder();

async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encoder.encode(text);
}

const frame = (type: string, name: string): string => `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;

async function namesOf(chunks: AsyncIterable<Uint8Array>): Promise<string[]> {
  const names: string[] = [];
  for await (const event of decodeWatchEvents(chunks)) names.push(`${event.type} ${event.object.metadata.name}`);
  return names;
}

test("frames are read whole however the stream is cut", async () => {
  const text = frame("ADDED", "a") + frame("MODIFIED", "ü") + frame("DELETED", "c");
  const expected = ["ADDED a", "MODIFIED ü", "DELETED c"];
  const bytes = encoder.encode(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    async function* cutInTwo(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, cut);
      yield bytes.subarray(cut);
    }
    assert.deepEqual(await namesOf(cutInTwo()), expected);
  }
});

test("a frame may come in many small pieces", async () => {
  const pieces = [...frame("ADDED", "a")];
  assert.deepEqual(await namesOf(chunksOf(...pieces)), ["ADDED a"]);
});

test("frames that arrive together are handed out together", async () => {
  const sizes: number[] = [];
  for await (const events of decodeWatchBatches(
    chunksOf(frame("ADDED", "a") + frame("ADDED", "b"), frame("ADDED", "c")),
  ))
    sizes.push(events.length);
  assert.deepEqual(sizes, [2, 1]);
});

test("an ERROR frame is thrown as the server's Status, after what came before it", async () => {
  const status = { kind: "Status", reason: "Expired", code: 410, message: "too old" };
  const seen: string[] = [];
  await assert.rejects(
    async () => {
      const chunks = chunksOf(`${frame("ADDED", "a")}${JSON.stringify({ type: "ERROR", object: status })}\n`);
      for await (const event of decodeWatchEvents(chunks)) seen.push(event.object.metadata.name);
    },
    (error) => error instanceof StatusError && error.code === 410 && error.reason === "Expired",
  );
  assert.deepEqual(seen, ["a"]);
});
