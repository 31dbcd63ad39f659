// SPDX-License-Identifier: Apache-2.0

import { once } from "node:events";
import { createServer, type Server } from "node:net";

const PORTS_TRIED = 200;

/** A port that nobody else takes; disposing of it lets go what was not taken over. */
export interface HeldPort extends AsyncDisposable {
  readonly port: number;
  /** What listens on the address, for a server that takes it over: `listen(held)`. Without a gap, nobody gets in between. */
  take(address: string): Server | undefined;
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

async function release(held: Map<string, Server>): Promise<void> {
  const servers = [...held.values()];
  held.clear();
  await Promise.all(servers.map(closed));
}

const heldPort = (port: number, held: Map<string, Server>): HeldPort => ({
  port,
  take(address) {
    const server = held.get(address);
    held.delete(address);
    return server;
  },
  [Symbol.asyncDispose]: () => release(held),
});

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
    const held = new Map<string, Server>();
    for (const [i, server] of tried.entries()) if (server) held.set(addresses[i]!, server);
    if (held.size === addresses.length) return heldPort(port, held);
    await release(held);
  }
  throw new Error(`No port from ${first} to ${first + PORTS_TRIED - 1} is free on ${addresses.join(" and ")}`);
}
