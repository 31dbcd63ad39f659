// SPDX-License-Identifier: Apache-2.0

import { BoundedQueue } from "../../base/index.ts";
import type { DuplexStream, SpdyConnection, SpdyStream } from "../../kubelet/index.ts";
import { ByteChannel } from "./byte-channel.ts";
import { controlFrame, dataFrame, FLAG_FIN, FRAME, readFrames, RESET, type Frame } from "./spdy-frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./spdy-headers.ts";

/** Unread bytes of one stream before the whole connection waits: the peers here know no flow control of streams. */
const STREAM_BUFFER_BYTES = 256 << 10;
/** Streams that the peer opened and nobody took yet; more are refused. */
const MAX_WAITING_STREAMS = 1_000;
const CLOSE_TIMEOUT_MS = 3_000;
/** What is written is cut into frames of this size. */
const MAX_DATA_BYTES = 32 << 10;

/** A SPDY/3.1 connection over any stream of bytes: a socket after an upgrade, or the messages of a WebSocket. */
export class SpdySession implements SpdyConnection {
  readonly #transport: DuplexStream;
  readonly #isServer: boolean;
  readonly #streams = new Map<number, Stream>();
  readonly #opened = new BoundedQueue<SpdyStream>(MAX_WAITING_STREAMS);
  readonly #headerWriter = new HeaderWriter();
  readonly #headerReader = new HeaderReader();
  readonly #ended = new AbortController();
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  #nextId: number;
  #lastPeerId = 0;
  #closing: NodeJS.Timeout | undefined;

  constructor(transport: DuplexStream, role: "client" | "server") {
    this.#transport = transport;
    this.#isServer = role === "server";
    this.#nextId = this.#isServer ? 2 : 1;
    this.closed = this.#read();
  }

  get streams(): AsyncIterable<SpdyStream> {
    return this.#opened.items(NEVER);
  }

  /** Opens a stream; resolves when the peer replied, rejects when it refused or the connection ended. */
  async openStream(headers: SpdyHeaders): Promise<SpdyStream> {
    this.#ended.signal.throwIfAborted();
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new Stream(this.#sender(), id, headers);
    this.#streams.set(id, stream);
    const start = Buffer.alloc(10);
    start.writeUInt32BE(id, 0);
    await this.#control(FRAME.synStream, 0, Buffer.concat([start, this.#headerWriter.encode(headers)]));
    await stream.replied;
    return stream;
  }

  /** Sends what is written, says goodbye, and waits a little for the peer to do so too. */
  close(): void {
    if (this.#ended.signal.aborted || this.#closing) return;
    this.#closing = setTimeout(() => this.#end(new Error("SPDY connection was closed")), CLOSE_TIMEOUT_MS);
    const goodbye = controlFrame(FRAME.goAway, 0, words(this.#lastPeerId, 0));
    this.#transport
      .write(goodbye)
      .then(() => this.#transport.closeWrite())
      .catch((error: unknown) => this.#end(error));
  }

  #sender(): FrameSender {
    return {
      send: (frame) => this.#transport.write(frame),
      forget: (id) => this.#streams.delete(id),
    };
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#transport.incoming)) await this.#receive(frame);
      this.#end(undefined);
    } catch (error) {
      this.#end(error);
    }
  }

  async #receive(frame: Frame): Promise<void> {
    if (frame.type === "data") {
      await this.#streams.get(frame.streamId)?.receive(frame.payload, (frame.flags & FLAG_FIN) !== 0);
      return;
    }
    const { kind, flags, payload } = frame;
    const id = payload.length >= 4 ? payload.readUInt32BE(0) & 0x7fffffff : 0;
    if (kind === FRAME.synStream) await this.#accept(id, flags, payload);
    else if (kind === FRAME.synReply) await this.#reply(id, flags, payload);
    else if (kind === FRAME.headers) await this.#headerReader.decode(payload.subarray(4));
    else if (kind === FRAME.rstStream) this.#streams.get(id)?.resetByPeer();
    else if (kind === FRAME.ping) await this.#pong(payload);
    else if (kind === FRAME.goAway) this.#opened.close();
  }

  async #accept(id: number, flags: number, payload: Buffer): Promise<void> {
    const headers = await this.#headerReader.decode(payload.subarray(10));
    const isPeers = id % 2 === (this.#isServer ? 1 : 0);
    if (!isPeers || id <= this.#lastPeerId) throw new Error(`SPDY stream ${id} cannot be opened`);
    this.#lastPeerId = id;
    const stream = new Stream(this.#sender(), id, headers);
    stream.acceptReply();
    if (!this.#opened.push(stream)) {
      await this.#control(FRAME.rstStream, 0, words(id, RESET.refused));
      return;
    }
    this.#streams.set(id, stream);
    await this.#control(FRAME.synReply, 0, Buffer.concat([words(id), this.#headerWriter.encode({})]));
    if ((flags & FLAG_FIN) !== 0) await stream.receive(Buffer.alloc(0), true);
  }

  async #reply(id: number, flags: number, payload: Buffer): Promise<void> {
    await this.#headerReader.decode(payload.subarray(4));
    const stream = this.#streams.get(id);
    stream?.acceptReply();
    if ((flags & FLAG_FIN) !== 0) await stream?.receive(Buffer.alloc(0), true);
  }

  /** Only pings of the peer's are answered; ours would come back. */
  async #pong(payload: Buffer): Promise<void> {
    const isPeers = payload.readUInt32BE(0) % 2 === (this.#isServer ? 1 : 0);
    if (isPeers) await this.#control(FRAME.ping, 0, payload);
  }

  #control(kind: number, flags: number, payload: Buffer): Promise<void> {
    return this.#transport.write(controlFrame(kind, flags, payload));
  }

  #end(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    const reason = error ?? new Error("SPDY connection ended");
    clearTimeout(this.#closing);
    this.#ended.abort(reason);
    this.#opened.close();
    for (const stream of this.#streams.values()) stream.reset(reason);
    this.#streams.clear();
    this.#headerReader.close();
    this.#transport.destroy();
  }
}

const NEVER = new AbortController().signal;

function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value, i * 4));
  return bytes;
}

interface FrameSender {
  send(frame: Buffer): Promise<void>;
  forget(id: number): void;
}

class Stream implements SpdyStream {
  readonly headers: SpdyHeaders;
  readonly replied: Promise<void>;
  readonly #sender: FrameSender;
  readonly #id: number;
  readonly #channel = new ByteChannel(STREAM_BUFFER_BYTES);
  readonly #reply = Promise.withResolvers<void>();
  #writeEnded = false;
  #readEnded = false;

  constructor(sender: FrameSender, id: number, headers: SpdyHeaders) {
    this.#sender = sender;
    this.#id = id;
    this.headers = headers;
    this.replied = this.#reply.promise;
    // A stream that the peer opened has nobody waiting for a reply.
    this.replied.catch(() => undefined);
  }

  get incoming(): AsyncIterable<Uint8Array> {
    return this.#channel;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; at += MAX_DATA_BYTES) {
      if (this.#writeEnded) throw new Error("SPDY stream is closed for writing");
      await this.#sender.send(dataFrame(this.#id, 0, chunk.subarray(at, at + MAX_DATA_BYTES)));
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    this.#forgetIfDone();
    await this.#sender.send(dataFrame(this.#id, FLAG_FIN, new Uint8Array(0)));
  }

  destroy(error?: Error): void {
    const wasOpen = !this.#writeEnded || !this.#readEnded;
    this.reset(error ?? new Error("SPDY stream was destroyed"));
    if (!wasOpen) return;
    const frame = controlFrame(FRAME.rstStream, 0, words(this.#id, RESET.cancel));
    // When the connection is gone, the peer knows without being told.
    this.#sender.send(frame).catch(() => undefined);
  }

  acceptReply(): void {
    this.#reply.resolve();
  }

  async receive(payload: Buffer, last: boolean): Promise<void> {
    await this.#channel.write(payload);
    if (!last) return;
    this.#channel.end();
    this.#readEnded = true;
    this.#forgetIfDone();
  }

  /** Kubernetes' servers reset all streams when they are done: what came before counts, and then the stream ends. */
  resetByPeer(): void {
    this.#channel.end();
    this.reset(new Error(`SPDY stream ${this.#id} was reset`));
  }

  /** Ends both directions without telling the peer. */
  reset(error: unknown): void {
    this.#reply.reject(error);
    this.#channel.end(this.#readEnded ? undefined : error);
    this.#writeEnded = true;
    this.#readEnded = true;
    this.#forgetIfDone();
  }

  #forgetIfDone(): void {
    if (this.#writeEnded && this.#readEnded) this.#sender.forget(this.#id);
  }
}
