// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";

export interface WebSocketUpgradeOptions {
  /** The one subprotocol that was chosen; "": none. */
  readonly protocol: string;
  /** A client that sends a longer message is cut off. */
  readonly maxMessageBytes: number;
}

/** Loaded when the first client comes: a process starts without it. */
const makeServer = (options: object): WebSocketServer => {
  const library = createRequire(import.meta.url)("ws") as { WebSocketServer: new (options: object) => WebSocketServer };
  return new library.WebSocketServer(options);
};

/**
 * Answers 101 and speaks WebSocket from there on; rejects when the handshake was refused or the client is gone. The
 * library is not shown what was offered: it refuses names with a slash, and the tunnel for port forwarding has one.
 */
export function upgradeToWebSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { protocol, maxMessageBytes }: WebSocketUpgradeOptions,
): Promise<WebSocket> {
  const server = makeServer({ noServer: true, clientTracking: false, maxPayload: maxMessageBytes });
  delete message.headers["sec-websocket-protocol"];
  if (protocol) server.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error("The connection closed before it was upgraded"));
    if (socket.destroyed) {
      onClose();
      return;
    }
    socket.once("close", onClose);
    server.handleUpgrade(message, socket, head, (webSocket) => {
      socket.off("close", onClose);
      resolve(webSocket);
    });
  });
}
