// SPDX-License-Identifier: Apache-2.0

import { pino } from "pino";
import type { Logger } from "../../base/index.ts";

interface PinoLike {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): PinoLike;
}

const wrap = (inner: PinoLike): Logger => ({
  debug: (message, fields = {}) => inner.debug(fields, message),
  info: (message, fields = {}) => inner.info(fields, message),
  warn: (message, fields = {}) => inner.warn(fields, message),
  error: (message, fields = {}) => inner.error({ ...fields, err: fields["error"] }, message),
  child: (fields) => wrap(inner.child(fields)),
});

/** JSON lines on a file descriptor (2 is standard error). */
export function jsonLogger(options: { level: string; fd?: number; path?: string }): Logger {
  const destination = pino.destination(options.path ? { dest: options.path, sync: true } : (options.fd ?? 2));
  return wrap(pino({ level: options.level, base: null }, destination));
}
