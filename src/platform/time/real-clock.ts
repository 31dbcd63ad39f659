// SPDX-License-Identifier: Apache-2.0

import { performance } from "node:perf_hooks";
import { type Clock, sleepWith, type Timer } from "../../base/index.ts";

/** setTimeout's longest delay; longer ones are set again when it passes. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** The machine's time. Wall-clock time has microseconds: the monotonic clock refines it. */
export class RealClock implements Clock {
  readonly #originMs = performance.timeOrigin;

  nowMs(): number {
    const wallMs = Date.now();
    const fineMs = this.#originMs + performance.now();
    // The fine clock drifts from the wall clock when that is set; then the wall clock wins.
    return Math.abs(fineMs - wallMs) < 2 ? fineMs : wallMs;
  }

  monotonicMs(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (delayMs > TIMEOUT_MAX_MS) {
      let inner: Timer = { cancel: () => clearTimeout(handle) };
      const handle = setTimeout(() => {
        inner = this.setTimer(delayMs - TIMEOUT_MAX_MS, callback);
      }, TIMEOUT_MAX_MS);
      return { cancel: () => inner.cancel() };
    }
    if (delayMs <= 0) {
      const handle = setImmediate(callback);
      return { cancel: () => clearImmediate(handle) };
    }
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  }

  sleep(delayMs: number, options: { readonly signal: AbortSignal }): Promise<void> {
    return sleepWith(this, delayMs, options.signal);
  }
}

/** Resolves after everything that is ready to run has run; drives the virtual clock. */
export const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
