// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from "node:fs";
import { WebSocket } from "ws";

interface Reply {
  readonly id: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

const SAMPLE_MICROS = 200;

/** Profiles another Node.js process over its inspector. */
export class Devtools implements Disposable {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const reply = JSON.parse(data.toString()) as Reply;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  static open(url: string): Promise<Devtools> {
    const socket = new WebSocket(url, { maxPayload: 0, perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => resolve(new Devtools(socket)));
    });
  }

  async startProfile(): Promise<void> {
    await this.#ask("Profiler.enable");
    await this.#ask("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
    await this.#ask("Profiler.start");
  }

  async endProfile(file: string): Promise<void> {
    const result = await this.#ask("Profiler.stop");
    writeFileSync(file, JSON.stringify(result["profile"]));
  }

  /** Frees what nobody holds, so that what follows is measured from the same ground. */
  async collectGarbage(): Promise<void> {
    await this.#ask("HeapProfiler.collectGarbage");
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  async #ask(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = this.#next++;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    if (!reply.result) throw new Error(`${method}: ${reply.error?.message}`);
    return reply.result;
  }
}
