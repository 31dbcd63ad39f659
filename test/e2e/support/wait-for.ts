// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/** Waits until a condition gives something; fails with what it is about and the last thing that was seen. */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly limitMs?: number; readonly seen?: () => unknown } = {},
): Promise<T> {
  const limitMs = options.limitMs ?? 60_000;
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) {
      throw new Error(`Not within ${limitMs} ms: ${what}\n${String(options.seen ? await options.seen() : "")}`);
    }
    await sleep(POLL_MS);
  }
}
