// SPDX-License-Identifier: Apache-2.0

import type { Writable } from "node:stream";
import type { ApiBody, ByteSink } from "../../client/index.ts";

/** A stream of the HTTP server as a sink of pushed bytes. */
function sinkOf(stream: Writable): ByteSink {
  return {
    write: (chunk) => stream.destroyed || stream.write(chunk),
    get bufferedBytes() {
      return stream.writableLength;
    },
    onDrain: (callback) => stream.on("drain", callback),
    onClose: (callback) => {
      if (stream.destroyed) callback();
      else stream.once("close", callback);
    },
    end: () => {
      if (!stream.destroyed) stream.end();
    },
  };
}

const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });

async function writeChunks(stream: Writable, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) await drained(stream);
  }
  if (!stream.destroyed) stream.end();
}

/** Resolves when the stream needs the chunk no more, or is gone. */
const flushed = (stream: Writable, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    stream.write(chunk, () => resolve());
  });

/** Chunks whose memory is used again: each is out before the next is made. */
async function writeTransient(
  stream: Writable,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    await flushed(stream, chunk);
  }
  if (!stream.destroyed) stream.end();
}

/** Writes a body after its head was sent. A body that breaks off destroys the stream, so that nobody takes it for whole. */
export function writeBody(stream: Writable, body: ApiBody): void {
  switch (body.type) {
    case "empty":
      stream.end();
      return;
    case "bytes":
      stream.end(body.bytes);
      return;
    case "chunks":
      (body.transient ? writeTransient : writeChunks)(stream, body.chunks).catch((error: unknown) =>
        stream.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      return;
    case "stream":
      body.start(sinkOf(stream));
  }
}
