// SPDX-License-Identifier: Apache-2.0

import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { UpstreamResolver } from "../../dns/index.ts";

const TIMEOUT_MS = 2_000;
const PORT = 53;
/** The TC bit in the first byte of the flags. */
const TRUNCATED = 0x02;
const FLAGS_BYTE = 2;

/** Addresses of the resolvers in a resolv.conf. */
export const nameservers = (resolvConf: string): string[] =>
  [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!).filter((a) => !a.includes(":"));

function overUdp(packet: Uint8Array, server: string, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const finish = (error?: unknown, answer?: Buffer) => {
      deadline.removeEventListener("abort", onAbort);
      socket.close();
      if (answer) resolve(answer);
      else reject(error);
    };
    const onAbort = () => finish(deadline.reason);
    deadline.addEventListener("abort", onAbort, { once: true });
    socket.once("error", (error) => finish(error));
    socket.on("message", (answer) => {
      // An answer to somebody else's question is not ours.
      if (answer.length > 1 && answer[0] === packet[0] && answer[1] === packet[1]) finish(undefined, answer);
    });
    socket.send(packet, PORT, server);
  });
}

function overTcp(packet: Uint8Array, server: string, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server, port: PORT, signal, timeout: TIMEOUT_MS });
    const head = Buffer.alloc(2);
    head.writeUInt16BE(packet.length);
    let answer = Buffer.alloc(0);
    socket.once("connect", () => socket.write(Buffer.concat([head, packet])));
    socket.once("timeout", () => socket.destroy(new Error(`${server} does not answer`)));
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 2 || answer.length < 2 + answer.readUInt16BE()) return;
      resolve(answer.subarray(2, 2 + answer.readUInt16BE()));
      socket.destroy();
    });
    socket.once("close", () => reject(new Error(`${server} closed the connection`)));
  });
}

/** Asks the resolvers one after the other; over TCP again where an answer was cut. */
export class ResolverClient implements UpstreamResolver {
  readonly #servers: readonly string[];

  constructor(servers: readonly string[]) {
    this.#servers = servers;
  }

  async query(packet: Uint8Array, { signal }: { signal: AbortSignal }): Promise<Uint8Array> {
    let failure: unknown = new Error("This machine has no resolver");
    for (const server of this.#servers) {
      try {
        const answer = await overUdp(packet, server, signal);
        return answer[FLAGS_BYTE]! & TRUNCATED ? await overTcp(packet, server, signal) : answer;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }
}
