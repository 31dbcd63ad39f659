// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, connect } from "node:net";
import { test } from "node:test";
import type { SpdyStream } from "../../kubelet/index.ts";
import { ByteChannel } from "./byte-channel.ts";
import { controlFrame, FRAME, readFrames, type Frame } from "./spdy-frames.ts";
import { HeaderReader, HeaderWriter } from "./spdy-headers.ts";
import { SpdySession } from "./spdy-session.ts";
import { socketStream } from "./socket-stream.ts";

/** Two sessions that talk to each other over a socket. */
async function pair(): Promise<{ client: SpdySession; server: SpdySession }> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  const [accepted] = (await once(listener, "connection")) as [import("node:net").Socket];
  listener.close();
  return {
    client: new SpdySession(socketStream(socket), "client"),
    server: new SpdySession(socketStream(accepted), "server"),
  };
}

const text = async (stream: SpdyStream): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

const next = async (session: SpdySession): Promise<SpdyStream> => {
  for await (const stream of session.streams) return stream;
  throw new Error("The session ended");
};

test("headers that another implementation compressed with the dictionary are read", async () => {
  // Taken from an implementation in Go: an empty block, then one with a header.
  const reader = new HeaderReader();
  assert.deepEqual(await reader.decode(Buffer.from("78f9e3c6a7c26260606000000000ffff", "hex")), {});
  reader.close();
});

test("header blocks of one connection are read in their order, however long", async () => {
  const writer = new HeaderWriter();
  const reader = new HeaderReader();
  const blocks: Record<string, string>[] = [
    { streamtype: "error" },
    {},
    { long: "x".repeat(100_000), Port: "80" },
    { port: "80" },
  ];
  for (const headers of blocks) {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    assert.deepEqual(await reader.decode(writer.encode(headers)), lower);
  }
  reader.close();
});

test("a header block that is no zlib stream fails", async () => {
  const reader = new HeaderReader();
  await assert.rejects(reader.decode(Buffer.from("not a block at all")));
});

test("frames are found however the bytes are cut", async () => {
  const bytes = Buffer.concat([
    controlFrame(FRAME.ping, 0, Buffer.from([0, 0, 0, 1])),
    controlFrame(FRAME.goAway, 1, Buffer.alloc(8)),
  ]);
  for (const size of [1, 3, 12, 100]) {
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const frames: Frame[] = [];
    for await (const frame of readFrames(chunks)) frames.push(frame);
    assert.deepEqual(
      frames.map((frame) => (frame.type === "control" ? [frame.kind, frame.flags, frame.payload.length] : [])),
      [
        [FRAME.ping, 0, 4],
        [FRAME.goAway, 1, 8],
      ],
    );
  }
});

test("streams of both sides carry bytes in both directions, each with a half-close of its own", async () => {
  const { client, server } = await pair();
  const [mine, theirs] = await Promise.all([client.openStream({ streamtype: "stdin" }), next(server)]);
  assert.deepEqual(theirs.headers, { streamtype: "stdin" });
  await mine.write(Buffer.from("question"));
  await mine.closeWrite();
  assert.equal(await text(theirs), "question");
  await theirs.write(Buffer.from("answer"));
  await theirs.closeWrite();
  assert.equal(await text(mine), "answer");
  const [back, here] = await Promise.all([server.openStream({ port: "80" }), next(client)]);
  assert.deepEqual(here.headers, { port: "80" });
  await back.closeWrite();
  assert.equal(await text(here), "");
  client.close();
  await Promise.all([client.closed, server.closed]);
});

test("much data waits for a slow reader, and all of it arrives", async () => {
  const { client, server } = await pair();
  const [mine, theirs] = await Promise.all([client.openStream({}), next(server)]);
  const total = 20 << 20;
  const chunk = Buffer.alloc(1 << 20, 7);
  let written = 0;
  const writing = (async () => {
    for (; written < total; written += chunk.length) await mine.write(chunk);
    await mine.closeWrite();
  })();
  let read = 0;
  for await (const part of theirs.incoming) {
    read += part.length;
    if (read < chunk.length) await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  assert.equal(read, total);
  server.close();
  await client.closed;
});

test("a stream that the peer resets ends after what came before, and takes no more", async () => {
  const { client, server } = await pair();
  const [mine, theirs] = await Promise.all([client.openStream({}), next(server)]);
  await theirs.write(Buffer.from("last words"));
  theirs.destroy();
  assert.equal(await text(mine), "last words");
  await assert.rejects(mine.write(Buffer.from("x")), /closed for writing/);
  client.close();
  await server.closed;
});

test("when the connection breaks, readers fail and no stream can be opened", async () => {
  const { client, server } = await pair();
  const [mine] = await Promise.all([client.openStream({}), next(server)]);
  server.close();
  await assert.rejects(text(mine));
  await client.closed;
  await assert.rejects(client.openStream({}), /SPDY connection/);
});

test("a channel lets a writer wait until a reader took enough", async () => {
  const channel = new ByteChannel(10);
  await channel.write(Buffer.alloc(10));
  let isDone = false;
  const writing = channel.write(Buffer.alloc(5)).then(() => (isDone = true));
  await Promise.resolve();
  assert.equal(isDone, false);
  const reader = channel[Symbol.asyncIterator]();
  await reader.next();
  await writing;
  channel.end(new Error("broken"));
  await reader.next();
  await assert.rejects(reader.next(), /broken/);
});
