// SPDX-License-Identifier: Apache-2.0

import { assert } from "../../base/index.ts";

/** Numbers from 1 to a limit; one that is given back is used again as late as possible. */
export class IdAllocator {
  readonly #max: number;
  readonly #used = new Set<number>();
  #last = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(): number {
    assert(this.#used.size < this.#max, "All numbers are in use");
    do this.#last = this.#last === this.#max ? 1 : this.#last + 1;
    while (this.#used.has(this.#last));
    this.#used.add(this.#last);
    return this.#last;
  }

  release(id: number): void {
    this.#used.delete(id);
  }
}
