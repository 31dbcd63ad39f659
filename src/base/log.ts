// SPDX-License-Identifier: Apache-2.0

/** Fields of a log line: keys are constant, values small. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | null>>;

/** The injected logger: constant message, keyed fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: { readonly [key: string]: unknown }): void;
  child(fields: LogFields): Logger;
}

/** Drops everything; for tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child() {
    return silentLogger;
  },
};
