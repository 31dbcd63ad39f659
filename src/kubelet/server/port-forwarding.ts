// SPDX-License-Identifier: Apache-2.0

import type { Logger } from "../../base/index.ts";
import { ByteQueue } from "./byte-queue.ts";
import { ChannelCodec } from "./channel-codec.ts";
import type { DuplexStream, RuntimeStreams, SpdyConnection, SpdyStream, WebSocketConnection } from "../ports.ts";

/** The protocol of port forwarding over SPDY, and of SPDY inside a WebSocket. */
export const PORT_FORWARD_PROTOCOL = "portforward.k8s.io";
export const TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io";
/** Older clients forward over the channels of a WebSocket. */
export const PORT_FORWARD_CHANNEL_PROTOCOLS = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"] as const;

export interface Forwarder {
  readonly streams: RuntimeStreams;
  readonly podSandboxId: string;
  readonly podText: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const encoder = new TextEncoder();

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function copy(from: AsyncIterable<Uint8Array>, to: DuplexStream): Promise<void> {
  for await (const chunk of from) await to.write(chunk);
  await to.closeWrite();
}

/** Joins a client's stream and a connection into the pod until both have ended. */
async function join(client: DuplexStream, forwarder: Forwarder, port: number): Promise<void> {
  const { streams, podSandboxId, signal } = forwarder;
  const remote = await streams.portForward({ podSandboxId, port }, { signal });
  try {
    await Promise.all([copy(client.incoming, remote), copy(remote.incoming, client)]);
  } catch (error) {
    remote.destroy();
    throw error;
  }
}

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
}

async function forwardPair(pair: Required<Pair>, forwarder: Forwarder): Promise<void> {
  const port = Number(pair.data.headers["port"]);
  try {
    await join(pair.data, forwarder, port);
    await pair.error.closeWrite();
  } catch (error) {
    const text = `error forwarding port ${port} to pod ${forwarder.podText}: ${messageOf(error)}`;
    forwarder.log.debug("Port forwarding failed", { error: text });
    // The client may be gone: then nobody reads why.
    await pair.error.write(encoder.encode(text)).catch(() => undefined);
    await pair.error.closeWrite().catch(() => undefined);
    pair.data.destroy();
  }
}

/** Serves port forwarding on a SPDY connection: each request is a pair of streams, one for data and one for errors. */
export async function forwardOverSpdy(connection: SpdyConnection, forwarder: Forwarder): Promise<void> {
  const pairs = new Map<string, Pair>();
  const running: Promise<void>[] = [];
  for await (const stream of connection.streams) {
    const type = stream.headers["streamtype"];
    // Clients of old give no request ID: their data stream follows their error stream.
    const id = stream.headers["requestid"] ?? stream.headers["port"] ?? "";
    if (type !== "error" && type !== "data") {
      stream.destroy(new Error(`invalid stream type ${type}`));
      continue;
    }
    const pair = pairs.get(id) ?? {};
    pair[type] = stream;
    pairs.set(id, pair);
    if (!pair.error || !pair.data) continue;
    pairs.delete(id);
    running.push(forwardPair({ error: pair.error, data: pair.data }, forwarder));
  }
  await Promise.all(running);
}

function portMessage(port: number): Uint8Array {
  return new Uint8Array([port & 255, (port >> 8) & 255]);
}

/** One channel of a WebSocket as a stream of bytes. */
class Channel implements DuplexStream {
  readonly #connection: WebSocketConnection;
  readonly #codec: ChannelCodec;
  readonly #number: number;
  readonly #queue = new ByteQueue();

  constructor(connection: WebSocketConnection, codec: ChannelCodec, number: number) {
    this.#connection = connection;
    this.#codec = codec;
    this.#number = number;
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#queue.read();
  }

  receive(data: Uint8Array): Promise<void> {
    return this.#queue.write(data);
  }

  end(): void {
    this.#queue.close();
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#connection.send(this.#codec.encode(this.#number, chunk));
  }

  /** A channel cannot be closed half: when the pod has said everything, the client has too. */
  closeWrite(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  destroy(): void {
    this.end();
  }
}

/** Serves port forwarding on the channels of a WebSocket: two for each port, data and errors, each begun with the port. */
export async function forwardOverChannels(
  connection: WebSocketConnection,
  ports: readonly number[],
  forwarder: Forwarder,
): Promise<void> {
  const codec = new ChannelCodec(connection.protocol);
  const channels = ports.flatMap((_, i) => [2 * i, 2 * i + 1].map((number) => new Channel(connection, codec, number)));
  for (const [i, port] of ports.entries())
    for (const channel of [channels[2 * i]!, channels[2 * i + 1]!]) await channel.write(portMessage(port));
  const forwarding = ports.map(async (port, i) => {
    try {
      await join(channels[2 * i]!, forwarder, port);
    } catch (error) {
      const text = `error forwarding port ${port} to pod ${forwarder.podText}: ${messageOf(error)}`;
      await channels[2 * i + 1]!.write(encoder.encode(text)).catch(() => undefined);
    }
  });
  const receiving = (async () => {
    for await (const message of connection.messages) {
      const { channel, data } = codec.decode(message);
      await channels[channel]?.receive(data);
    }
    for (const channel of channels) channel.end();
  })();
  await Promise.all(forwarding);
  connection.close();
  await receiving;
}
