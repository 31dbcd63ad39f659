// SPDX-License-Identifier: Apache-2.0

export { assert, AssertionError, unreachable } from "./assert.ts";
export { Backoff, type BackoffOptions } from "./backoff.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export { sleepWith, type Clock, type Timer } from "./clock.ts";
export { compileGoRegexp, GoRegexpError } from "./go-regexp.ts";
export { Heap } from "./heap.ts";
export { silentLogger, type Logger, type LogFields } from "./log.ts";
export { randomInt, randomSuffix, randomUid, type Random } from "./random.ts";
export { SortedMap, type SortedView } from "./sorted-map.ts";
export { TaskGroup } from "./task-group.ts";
export { TimerWheel } from "./timer-wheel.ts";
export { trimEnd } from "./trim-end.ts";
