// SPDX-License-Identifier: Apache-2.0

import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { DnsHandler, DnsListener } from "../../dns/index.ts";

/** TCP messages longer than this end the connection. */
const TCP_MESSAGE_BYTES_MAX = 65_535;
const TCP_IDLE_MS = 10_000;
const LENGTH_BYTES = 2;

/** Listens on one address, UDP and TCP. */
export class DnsSockets implements DnsListener {
  readonly #address: string;
  readonly #port: number;

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  async serve(handler: DnsHandler, { signal }: { signal: AbortSignal }): Promise<void> {
    const udp = createSocket("udp4");
    const tcp = createServer((socket) => serveTcp(socket, handler, signal));
    try {
      await Promise.all([listenUdp(udp, this.#address, this.#port), listenTcp(tcp, this.#address, this.#port)]);
      udp.on("message", (packet, peer) => {
        void handler(packet, { transport: "udp", signal }).then(
          (answer) => answer && udp.send(answer, peer.port, peer.address),
          () => undefined,
        );
      });
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
        udp.once("error", reject);
        tcp.once("error", reject);
        if (signal.aborted) resolve();
      });
    } finally {
      udp.close();
      tcp.close();
    }
  }
}

const listenUdp = (socket: UdpSocket, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port }, () => {
      socket.off("error", reject);
      resolve();
    });
  });

const listenTcp = (server: Server, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });

function serveTcp(socket: Socket, handler: DnsHandler, signal: AbortSignal): void {
  let pending = Buffer.alloc(0);
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", end));
  socket.setTimeout(TCP_IDLE_MS, end);
  socket.on("error", end);
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES && pending.length >= LENGTH_BYTES + pending.readUInt16BE()) {
      const length = pending.readUInt16BE();
      const packet = pending.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      pending = pending.subarray(LENGTH_BYTES + length);
      void handler(packet, { transport: "tcp", signal }).then((answer) => sendTcp(socket, answer), end);
    }
    if (pending.length > TCP_MESSAGE_BYTES_MAX + LENGTH_BYTES) end();
  });
}

function sendTcp(socket: Socket, answer: Uint8Array | undefined): void {
  if (!answer || socket.destroyed) return;
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt16BE(answer.length);
  socket.write(Buffer.concat([head, answer]));
}
