// SPDX-License-Identifier: Apache-2.0

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { DuplexStream, WebSocketConnection } from "../../kubelet/index.ts";
import { ByteChannel, upgradeToWebSocket } from "../streaming/index.ts";

/** Unread bytes before the connection waits. */
const MESSAGE_BUFFER_BYTES = 256 << 10;
const MESSAGE_BYTES_MAX = 32 << 20;
const GOING_AWAY = 1001;
const PING_MS = 15_000;

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

/** Messages between the socket and their one reader; an empty message is one too. */
class MessageQueue {
  readonly #socket: WebSocket;
  #messages: Uint8Array[] = [];
  #bytes = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    if (this.#bytes > MESSAGE_BUFFER_BYTES) this.#socket.pause();
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) {
        this.#bytes -= message.length;
        if (this.#bytes <= MESSAGE_BUFFER_BYTES && this.#socket.isPaused) this.#socket.resume();
        yield message;
      } else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function connectionOf(socket: WebSocket, protocol: string): WebSocketConnection {
  const queue = new MessageQueue(socket);
  const ping = setInterval(() => socket.ping(), PING_MS);
  socket.on("message", (data) => queue.push(bytesOf(data)));
  socket.on("close", () => {
    clearInterval(ping);
    queue.close();
  });
  // What is base64 travels as text.
  const binary = !protocol.includes("base64");
  // A broken connection closes; its reader learns by that.
  socket.on("error", () => socket.terminate());
  return {
    protocol,
    messages: queue,
    send: (message) =>
      new Promise((resolve, reject) =>
        socket.send(message, { binary }, (error) => (error ? reject(error) : resolve())),
      ),
    close: (code, reason) => socket.close(code ?? 1000, reason),
  };
}

/** Answers 101 and speaks WebSocket with the one subprotocol that was chosen. */
export async function acceptWebSocket(
  message: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocketConnection> {
  const options = { protocol, maxMessageBytes: MESSAGE_BYTES_MAX };
  return connectionOf(await upgradeToWebSocket(message, socket, head, options), protocol);
}

/** The bytes of a WebSocket's messages as one stream, for protocols that are spoken inside. */
export function webSocketStream(connection: WebSocketConnection): DuplexStream {
  const channel = new ByteChannel(MESSAGE_BUFFER_BYTES);
  const pump = async () => {
    for await (const message of connection.messages) await channel.write(message);
    channel.end();
  };
  pump().catch((error: unknown) => channel.end(error));
  return {
    incoming: channel,
    write: (chunk) => connection.send(chunk),
    closeWrite: () => {
      connection.close();
      return Promise.resolve();
    },
    destroy: () => connection.close(GOING_AWAY),
  };
}
