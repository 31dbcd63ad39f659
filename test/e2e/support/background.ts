// SPDX-License-Identifier: Apache-2.0

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A command that goes on, with what it has written so far; disposing of it ends it. */
export class Background implements AsyncDisposable {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(process: ChildProcess) {
    this.process = process;
    process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
  }

  /** Sends input; `end` says that there is no more. */
  write(text: string, { end = false } = {}): void {
    if (end) this.process.stdin?.end(text);
    else this.process.stdin?.write(text);
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return;
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await gone;
  }
}
