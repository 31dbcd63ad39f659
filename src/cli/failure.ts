// SPDX-License-Identifier: Apache-2.0

/** Exit codes of every command; scripts may rely on them. */
export const EXIT = {
  ok: 0,
  /** Something failed; the message says what and what to do. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** There is no such cluster, or it does not run. */
  notRunning: 3,
  /** Ctrl-C before what was asked for was done. */
  interrupted: 130,
} as const;

/** What a user is told: one sentence, with what to do next. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}
