// SPDX-License-Identifier: Apache-2.0

import type { Clock, Timer } from "./clock.ts";

interface Slot {
  readonly callback: () => void;
  readonly tick: number;
  cancelled: boolean;
}

/**
 * Many coarse timers on one real timer: probes, bookmarks, timeouts, heartbeats. A timer fires on the first tick at or
 * after its time. Nothing is scheduled while the wheel is empty, so an idle part costs nothing.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #ticks = new Map<number, Slot[]>();
  #next: { tick: number; timer: Timer } | undefined;
  #size = 0;

  constructor(clock: Clock, tickMs: number) {
    this.#clock = clock;
    this.#tickMs = tickMs;
  }

  /** Timers waiting. */
  get size(): number {
    return this.#size;
  }

  set(delayMs: number, callback: () => void): Timer {
    const tick = Math.ceil((this.#clock.monotonicMs() + Math.max(0, delayMs)) / this.#tickMs);
    const slot: Slot = { callback, tick, cancelled: false };
    const slots = this.#ticks.get(tick);
    if (slots) slots.push(slot);
    else this.#ticks.set(tick, [slot]);
    this.#size++;
    if (!this.#next || tick < this.#next.tick) this.#arm(tick);
    return {
      cancel: () => {
        if (slot.cancelled) return;
        slot.cancelled = true;
        this.#drop(slot);
      },
    };
  }

  /** Cancels everything. */
  clear(): void {
    this.#ticks.clear();
    this.#size = 0;
    this.#next?.timer.cancel();
    this.#next = undefined;
  }

  #drop(slot: Slot): void {
    const slots = this.#ticks.get(slot.tick);
    const index = slots?.indexOf(slot) ?? -1;
    if (!slots || index < 0) return;
    slots.splice(index, 1);
    this.#size--;
    if (slots.length > 0) return;
    this.#ticks.delete(slot.tick);
    if (this.#size === 0) this.clear();
  }

  #arm(tick: number): void {
    this.#next?.timer.cancel();
    const delayMs = Math.max(0, tick * this.#tickMs - this.#clock.monotonicMs());
    this.#next = { tick, timer: this.#clock.setTimer(delayMs, () => this.#fire(tick)) };
  }

  #fire(due: number): void {
    this.#next = undefined;
    const ticks = [...this.#ticks.keys()].filter((tick) => tick <= due).sort((a, b) => a - b);
    for (const tick of ticks) {
      const slots = this.#ticks.get(tick) ?? [];
      this.#ticks.delete(tick);
      this.#size -= slots.length;
      for (const slot of slots) {
        if (slot.cancelled) continue;
        slot.cancelled = true;
        slot.callback();
      }
    }
    if (this.#size === 0) return;
    let least = Number.POSITIVE_INFINITY;
    for (const tick of this.#ticks.keys()) if (tick < least) least = tick;
    const armed = this.#next as { tick: number } | undefined;
    if (!armed || least < armed.tick) this.#arm(least);
  }
}
