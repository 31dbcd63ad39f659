// SPDX-License-Identifier: Apache-2.0

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A way to a server on loopback that a test can cut. */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #refuses = false;

  private constructor(target: number) {
    this.#server = createServer((socket) => {
      const upstream = connect(target, "127.0.0.1");
      for (const end of [socket, upstream]) {
        this.#sockets.add(end);
        end.on("error", () => undefined).on("close", () => this.#sockets.delete(end));
      }
      socket.on("close", () => upstream.destroy());
      upstream.on("close", () => socket.destroy());
      if (this.#refuses) socket.destroy();
      else socket.pipe(upstream).pipe(socket);
    });
  }

  static async start(target: number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection; new ones come through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks every connection, and new ones too, until the way is open again. */
  close(): void {
    this.#refuses = true;
    this.cut();
  }

  open(): void {
    this.#refuses = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}
