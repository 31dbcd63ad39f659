// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Timer } from "../../base/index.ts";
import type { Store } from "../../store/index.ts";
import type { WatchCaches } from "../cache/index.ts";

/** How often history is forgotten; what is younger than this stays. */
const COMPACTION_INTERVAL_MS = 5 * 60_000;

/** Makes the store forget, every five minutes, the history that was there five minutes before. */
export class Compaction {
  readonly #store: Store;
  readonly #caches: WatchCaches;
  readonly #clock: Clock;
  readonly #log: Logger;
  #timer: Timer | undefined;
  /** The newest revision of the time before last. */
  #revision: number;

  constructor(parts: {
    readonly store: Store;
    readonly caches: WatchCaches;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#store = parts.store;
    this.#caches = parts.caches;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#revision = parts.caches.revision;
  }

  start(): void {
    this.#timer = this.#clock.setTimer(COMPACTION_INTERVAL_MS, () => this.#run());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #run(): void {
    const revision = this.#revision;
    this.#revision = this.#caches.revision;
    this.#caches.compact(revision);
    this.#store.compact(revision).catch((error: unknown) => {
      this.#log.warn("Compaction failed; it is tried again in five minutes", { error: String(error) });
    });
    this.start();
  }
}
