// SPDX-License-Identifier: Apache-2.0

import type { Duplex } from "node:stream";
import type { ByteConnection } from "../../apiserver/index.ts";

/** A socket as the API server's streaming sees it. */
export function socketConnection(socket: Duplex): ByteConnection {
  // A broken connection closes; who reads it learns by that.
  socket.on("error", () => socket.destroy());
  return {
    write: (chunk) => socket.destroyed || socket.write(chunk),
    onData: (callback) => socket.on("data", callback),
    onDrain: (callback) => socket.on("drain", callback),
    onEnd: (callback) => socket.on("end", callback),
    onClose: (callback) => socket.once("close", callback),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => {
      if (!socket.writableEnded) socket.end();
    },
    destroy: () => socket.destroy(),
  };
}
