// SPDX-License-Identifier: Apache-2.0

/** A container could not be started: the reason and message that its waiting state shows. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly reason: string;

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
