// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import type { ClientConnection } from "../../apiserver/index.ts";
import type { ByteSink } from "../../client/index.ts";
import { socketConnection } from "../http-client/index.ts";
import { upgradeToWebSocket } from "../streaming/index.ts";

/** Clients that only listen have nothing to say that is longer. */
const MESSAGE_BYTES_MAX = 64 << 10;
const NORMAL_CLOSURE = 1000;
const NOTHING = Buffer.alloc(0);

/** A WebSocket as a sink of which every write is a message; the messages of one turn go out as one write. */
function messageSink(webSocket: WebSocket, socket: TLSSocket, binary: boolean): ByteSink {
  let corked = false;
  const uncork = () => {
    corked = false;
    socket.uncork();
  };
  // A broken connection closes; who writes learns by that.
  webSocket.on("error", () => webSocket.terminate());
  return {
    write(message) {
      if (webSocket.readyState !== webSocket.OPEN) return true;
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(uncork);
      }
      webSocket.send(message, { binary });
      return !socket.writableNeedDrain;
    },
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    onDrain: (callback) => socket.on("drain", callback),
    onClose: (callback) => {
      if (webSocket.readyState === webSocket.CLOSED) callback();
      else webSocket.once("close", callback);
    },
    end: () => webSocket.close(NORMAL_CLOSURE),
  };
}

/** The socket of a request that asks for an upgrade, as the API server takes it over. */
export function clientConnection(message: IncomingMessage, socket: TLSSocket): ClientConnection {
  return {
    ...socketConnection(socket),
    async webSocket({ protocol, binary }) {
      try {
        const options = { protocol, maxMessageBytes: MESSAGE_BYTES_MAX };
        const webSocket = await upgradeToWebSocket(message, socket, NOTHING, options);
        return messageSink(webSocket, socket, binary);
      } catch {
        return undefined;
      }
    },
  };
}
