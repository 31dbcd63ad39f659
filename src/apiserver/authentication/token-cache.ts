// SPDX-License-Identifier: Apache-2.0

import type { Clock } from "../../base/index.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "./authenticator.ts";

const TOKEN_CACHE_TTL_MS = 10_000;
const TOKEN_CACHE_LIMIT = 10_000;

/**
 * Remembers for ten seconds that a token was good, as upstream does: checking its signature and the objects that it is
 * bound to costs far more than the rest of a small request. Only answers without explicit audiences are kept.
 */
export function cachedTokens(inner: TokenAuthenticator, clock: Clock): TokenAuthenticator {
  const known = new Map<string, { found: AuthenticatedToken; untilMs: number }>();
  return {
    authenticateToken(token, audiences) {
      if (audiences) return inner.authenticateToken(token, audiences);
      const nowMs = clock.monotonicMs();
      const hit = known.get(token);
      if (hit && hit.untilMs > nowMs) return hit.found;
      const found = inner.authenticateToken(token);
      known.delete(token);
      if (!found) return undefined;
      if (known.size >= TOKEN_CACHE_LIMIT) known.delete(known.keys().next().value!);
      known.set(token, { found, untilMs: nowMs + TOKEN_CACHE_TTL_MS });
      return found;
    },
  };
}
