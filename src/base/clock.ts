// SPDX-License-Identifier: Apache-2.0

/** A timer that was set; cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as a port: the real one lives in platform/, the virtual one in simulation/. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970 (may have a fraction: microseconds for MicroTime). */
  nowMs(): number;
  /** Milliseconds that only grow; for measuring durations. */
  monotonicMs(): number;
  /** Calls back once after at least `delayMs`. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when aborted, and leaves no timer behind. */
  sleep(delayMs: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** The part of a Clock that every clock shares once it can set a timer. */
export function sleepWith(clock: Pick<Clock, "setTimer">, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
