// SPDX-License-Identifier: Apache-2.0

import { once } from "node:events";
import { createServer, type Server } from "node:net";

const PORTS_TRIED = 200;

/** A port that nobody else takes until it is let go. */
export interface HeldPort extends AsyncDisposable {
  readonly port: number;
  /** Lets it go, for who listens on it the next moment. */
  release(): Promise<void>;
}

/** Listens on a port without serving it; undefined where it is taken. */
async function hold(address: string, port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host: address, port, exclusive: true });
  try {
    await once(server, "listening");
    return server;
  } catch {
    return undefined;
  }
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/**
 * Holds a port that is free on all addresses: the preferred one, else the first from `first` on. It is held and not only
 * found, since servers that start at the same moment would find the same one.
 */
export async function holdFreePort(
  addresses: readonly string[],
  [preferred, first]: readonly [number, number],
): Promise<HeldPort> {
  const candidates = [preferred, ...Array.from({ length: PORTS_TRIED }, (_, i) => first + i)];
  for (const port of candidates) {
    const tried = await Promise.all(addresses.map((address) => hold(address, port)));
    const held = tried.filter((server) => server !== undefined);
    const release = async () => void (await Promise.all(held.splice(0).map(closed)));
    if (held.length === addresses.length) return { port, release, [Symbol.asyncDispose]: release };
    await release();
  }
  throw new Error(`No port from ${first} to ${first + PORTS_TRIED - 1} is free on ${addresses.join(" and ")}`);
}
