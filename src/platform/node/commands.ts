// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";

/** What a command gets besides its arguments. */
export interface CommandOptions {
  /** Written to its standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs the machine's commands (`ip`, `nft`, `nsenter`, …) to their end. */
export interface Commands {
  /** Resolves with the standard output; rejects with a CommandError when the exit code is not zero. */
  run(argv: readonly string[], options?: CommandOptions): Promise<string>;
}

/** A command that could not be started or failed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly argv: readonly string[];
  /** The exit code; -1 when it was not started or ended by a signal. */
  readonly code: number;
  readonly stderr: string;

  constructor(argv: readonly string[], code: number, stderr: string) {
    super(`Command ${argv.join(" ")} failed (${code}): ${stderr.trim().slice(0, MAX_MESSAGE_LENGTH)}`);
    this.argv = argv;
    this.code = code;
    this.stderr = stderr;
  }
}

const MAX_MESSAGE_LENGTH = 2_000;
/** More output than any command here gives; a runaway one is cut off. */
const MAX_OUTPUT_BYTES = 256 << 20;

/** The real commands of this machine. */
export const machineCommands: Commands = {
  run(argv, options = {}) {
    return new Promise((resolve, reject) => {
      const [file = "", ...args] = argv;
      const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], signal: options.signal });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let bytes = 0;
      const collect = (into: Buffer[]) => (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_OUTPUT_BYTES) child.kill("SIGKILL");
        else into.push(chunk);
      };
      child.stdout.on("data", collect(stdout));
      child.stderr.on("data", collect(stderr));
      // A command that ends without reading all of its input closes the pipe; its exit code says whether that is bad.
      child.stdin.on("error", () => undefined);
      child.stdin.end(options.input ?? "");
      child.on("error", (error) => {
        if (options.signal?.aborted) reject(options.signal.reason);
        else reject(new CommandError(argv, -1, error.message));
      });
      child.on("close", (code) => {
        if (code === 0) resolve(Buffer.concat(stdout).toString("utf8"));
        else reject(new CommandError(argv, code ?? -1, Buffer.concat(stderr).toString("utf8")));
      });
    });
  },
};
