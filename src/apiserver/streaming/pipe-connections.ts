// SPDX-License-Identifier: Apache-2.0

import type { ByteConnection } from "./backend-transport.ts";

/** Copies what arrives at one connection to the other, as fast as the slower side allows; half-closes are passed on. */
function pipe(from: ByteConnection, to: ByteConnection): void {
  let waiting = false;
  from.onData((chunk) => {
    if (to.write(chunk) || waiting) return;
    waiting = true;
    from.pause();
  });
  to.onDrain(() => {
    if (!waiting) return;
    waiting = false;
    from.resume();
  });
  from.onEnd(() => to.end());
  from.onClose(() => to.destroy());
}

/** Joins two connections until either is over. */
export function pipeConnections(a: ByteConnection, b: ByteConnection): void {
  pipe(a, b);
  pipe(b, a);
}
