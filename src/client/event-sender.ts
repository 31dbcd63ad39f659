// SPDX-License-Identifier: Apache-2.0

import { isNotFound, StatusError } from "../apimachinery/index.ts";
import type { Clock, Logger } from "../base/index.ts";

const ATTEMPTS_MAX = 12;
const RETRY_MS = 10_000;

/**
 * Sends one event until the server has answered, whatever it answered: an event that the server refuses is dropped, one
 * that did not reach it is tried again. Undefined when it is lost.
 */
export async function sendEvent<E>(
  attempt: () => Promise<E>,
  options: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<E | undefined> {
  const { clock, log, signal } = options;
  for (let tries = 1; tries <= ATTEMPTS_MAX; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof StatusError) {
        // Everyday: the namespace is on its way out, or somebody recorded the same event.
        log.debug("Event was refused", { error: error.message });
        return undefined;
      }
      log.debug("Event could not be sent", { tries, error: String(error) });
      await clock.sleep(RETRY_MS, { signal });
    }
  }
  return undefined;
}

/** Counts up an event that is there; makes it anew when it has expired meanwhile. */
export async function patchOrCreate<E>(patch: () => Promise<E>, create: () => Promise<E>): Promise<E> {
  try {
    return await patch();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return create();
  }
}
