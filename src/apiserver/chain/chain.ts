// SPDX-License-Identifier: Apache-2.0

import type { Endpoint, Filter } from "../request-context.ts";

/** The links of the request chain by name; each place holds one filter, `openPlace` where nothing stands yet. */
export interface ChainLinks {
  readonly panicRecovery: Filter;
  readonly responseHeaders: Filter;
  readonly metrics: Filter;
  readonly authentication: Filter;
  readonly audit: Filter;
  readonly impersonation: Filter;
  readonly flowControl: Filter;
  readonly authorization: Filter;
}

/**
 * The order in which every request passes, whatever carried it: outermost first. Request info is read before the first
 * link, when the context is made; webhooks have their place in admission (admission/admission-chain.ts).
 */
export const CHAIN_ORDER = [
  "responseHeaders",
  "metrics",
  "panicRecovery",
  "authentication",
  "audit",
  "impersonation",
  "flowControl",
  "authorization",
] as const satisfies readonly (keyof ChainLinks)[];

/** A place of the chain where nothing stands yet: passes everything on. */
export const openPlace = (name: string): Filter => ({ name, handle: (context, next) => next(context) });

/** Composes the links once, so that a request allocates no closures. */
export function composeChain(links: ChainLinks, endpoint: Endpoint): Endpoint {
  let next = endpoint;
  for (const name of [...CHAIN_ORDER].reverse()) {
    const filter = links[name];
    const inner = next;
    next = (context) => filter.handle(context, inner);
  }
  return next;
}
