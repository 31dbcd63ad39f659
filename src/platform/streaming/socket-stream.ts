// SPDX-License-Identifier: Apache-2.0

import type { Duplex } from "node:stream";
import type { DuplexStream } from "../../kubelet/index.ts";

/** A socket as a two-way stream of bytes; `head` was read from it already. */
export function socketStream(socket: Duplex, head: Uint8Array = new Uint8Array(0)): DuplexStream {
  // Failures are told to the reader and the writers; without a listener they would end the process.
  socket.on("error", () => undefined);
  return {
    incoming: incoming(socket, head),
    write(chunk) {
      if (socket.destroyed || socket.writableEnded) return Promise.reject(new Error("The connection is closed"));
      if (socket.write(chunk)) return Promise.resolve();
      return drained(socket);
    },
    closeWrite: () => new Promise((resolve) => (socket.destroyed ? resolve() : socket.end(resolve))),
    destroy: (error) => void socket.destroy(error),
  };
}

async function* incoming(socket: Duplex, head: Uint8Array): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  // Leaving the loop must not break the direction in which is written.
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
}

function drained(socket: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      socket.off("drain", onDrain).off("close", onClose);
      if (error) reject(error);
      else resolve();
    };
    const onDrain = () => done();
    const onClose = () => done(new Error("The connection is closed"));
    socket.once("drain", onDrain).once("close", onClose);
  });
}
