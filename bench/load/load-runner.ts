// SPDX-License-Identifier: Apache-2.0

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { TargetAccess } from "../harness/kubeconfig.ts";
import type { LoadAnswer, LoadCommand, LoadResult, LoadTask } from "./load-task.ts";

/** A load that stands ready in a process of its own. */
export class PreparedLoad implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when its connections, and watches if any, are open. */
  static async prepare(access: TargetAccess, task: LoadTask): Promise<PreparedLoad> {
    const child = fork(join(import.meta.dirname, "load-process.ts"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const load = new PreparedLoad(child);
    await load.#ask({ type: "prepare", access, task });
    return load;
  }

  async run(): Promise<LoadResult> {
    const answer = await this.#ask({ type: "go" });
    if (answer.type !== "result") throw new Error(`The load answered ${answer.type}`);
    return answer.result;
  }

  [Symbol.dispose](): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(command: LoadCommand): Promise<LoadAnswer> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => reject(new Error(`The load ended with ${code}`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (answer: LoadAnswer) => {
        this.#child.off("exit", onExit);
        if (answer.type === "failed") reject(new Error(answer.message));
        else resolve(answer);
      });
      this.#child.send(command);
    });
  }
}

/** Runs a load whose measures nobody needs: to fill a cluster, to warm it up. */
export async function runLoad(access: TargetAccess, task: LoadTask): Promise<LoadResult> {
  using load = await PreparedLoad.prepare(access, task);
  return await load.run();
}
