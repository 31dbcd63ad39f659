// SPDX-License-Identifier: Apache-2.0

import { connect, type TLSSocket } from "node:tls";
import type { TargetAccess } from "../harness/kubeconfig.ts";
import {
  clientHello,
  FLAG,
  frame,
  FRAME,
  FRAME_HEADER_BYTES,
  statusOf,
  WINDOW_BYTES,
  windowUpdate,
} from "./http2-frames.ts";

/** What a session tells of its streams. */
export interface StreamListener {
  onStatus?(status: number): void;
  onData?(chunk: Buffer): void;
  /** The answer is whole, or was broken off. */
  onEnd(status: number): void;
}

interface OpenStream {
  readonly listener: StreamListener;
  status: number;
  received: number;
}

/** Windows are opened again after so many bytes. */
const REFILL_BYTES = WINDOW_BYTES >>> 2;
const EMPTY = Buffer.alloc(0);

/**
 * One HTTP/2 connection that writes frames made beforehand and reads only what is counted: a load generator must not
 * take the processor from the server that it measures.
 */
export class RawSession {
  readonly #socket: TLSSocket;
  readonly #streams = new Map<number, OpenStream>();
  #nextStream = 1;
  #left: Buffer = EMPTY;
  #received = 0;
  #closed = false;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
    socket.write(clientHello());
  }

  static open(access: TargetAccess): Promise<RawSession> {
    const url = new URL(access.server);
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: url.hostname,
        port: Number(url.port || 443),
        ALPNProtocols: ["h2"],
        rejectUnauthorized: access.ca !== undefined,
        checkServerIdentity: () => undefined,
        ...(access.ca ? { ca: access.ca } : {}),
        ...(access.certificate ? { cert: access.certificate, key: access.key } : {}),
      });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        socket.off("error", reject);
        resolve(new RawSession(socket));
      });
    });
  }

  get nextStream(): number {
    return this.#nextStream;
  }

  /** Sends the frames of a request whose stream number is nextStream. */
  send(frames: Buffer, listener: StreamListener): void {
    this.#streams.set(this.#nextStream, { listener, status: 0, received: 0 });
    this.#nextStream += 2;
    this.#socket.write(frames);
  }

  close(): void {
    this.#socket.destroy();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { listener } of this.#streams.values()) listener.onEnd(0);
    this.#streams.clear();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#left.length > 0 ? Buffer.concat([this.#left, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      this.#onFrame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5), bytes.subarray(at + 9, end));
      at = end;
    }
    this.#left = at < bytes.length ? bytes.subarray(at) : EMPTY;
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.settings && !(flags & FLAG.ack)) this.#socket.write(frame(FRAME.settings, FLAG.ack, 0, EMPTY));
    if (type === FRAME.ping && !(flags & FLAG.ack)) this.#socket.write(frame(FRAME.ping, FLAG.ack, 0, payload));
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (type === FRAME.headers && stream.status === 0) {
      stream.status = statusOf(payload);
      stream.listener.onStatus?.(stream.status);
    } else if (type === FRAME.data) this.#onData(stream, id, payload);
    if (type === FRAME.reset || ((type === FRAME.headers || type === FRAME.data) && flags & FLAG.endStream)) {
      this.#streams.delete(id);
      stream.listener.onEnd(type === FRAME.reset ? 0 : stream.status);
    }
  }

  #onData(stream: OpenStream, id: number, payload: Buffer): void {
    stream.received += payload.length;
    this.#received += payload.length;
    if (this.#received > REFILL_BYTES) {
      this.#socket.write(windowUpdate(0, this.#received));
      this.#received = 0;
    }
    if (stream.received > REFILL_BYTES) {
      this.#socket.write(windowUpdate(id, stream.received));
      stream.received = 0;
    }
    stream.listener.onData?.(payload);
  }
}
