// SPDX-License-Identifier: Apache-2.0

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By then a start is over, and what it left behind is garbage. */
const AFTER_START_MS = 10_000;
/** A heap that has grown beyond this is in use, and looking through it would take long. */
const HEAP_BYTES_MAX = 128 * 2 ** 20;

type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * Gives back once what starting up took: code that ran once, parsed objects, room for young ones. A process that is idle
 * from then on would keep a third of its memory for nothing.
 */
export function releaseMemoryAfterStart(): void {
  setTimeout(() => {
    if (process.memoryUsage().heapUsed > HEAP_BYTES_MAX) return;
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as Collect;
    collect({ type: "major", execution: "sync", flavor: "last-resort" });
  }, AFTER_START_MS).unref();
}
