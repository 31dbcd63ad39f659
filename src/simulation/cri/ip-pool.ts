// SPDX-License-Identifier: Apache-2.0

const BITS = 32;

const toNumber = (ip: string): number => ip.split(".").reduce((n, part) => n * 256 + Number(part), 0);

const toText = (n: number): string => `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;

/** The addresses of a node's pods: the lowest free one of its range, which begins after the gateway. */
export class IpPool {
  readonly #first: number;
  readonly #last: number;
  #next: number;
  readonly #freed: number[] = [];

  constructor(cidr: string) {
    const [base = "", length = ""] = cidr.split("/");
    const size = 2 ** (BITS - Number(length));
    const start = toNumber(base);
    this.#first = start + 2;
    this.#last = start + size - 2;
    this.#next = this.#first;
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    const freed = this.#freed.pop();
    if (freed !== undefined) return toText(freed);
    return this.#next <= this.#last ? toText(this.#next++) : undefined;
  }

  give(ip: string): void {
    this.#freed.push(toNumber(ip));
  }
}
