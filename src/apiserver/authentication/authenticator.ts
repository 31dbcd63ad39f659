// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest } from "../../client/transport.ts";
import type { UserInfo } from "../request-context.ts";

/** Credentials that an authenticator knows and that are not good; the message is for the one who reviews a token. */
export class BadCredentials extends Error {}

/** What a bearer token says of its owner; undefined when the token is not one of this authenticator's. */
export interface TokenAuthenticator {
  /** Throws BadCredentials when the token is this authenticator's but no longer good. */
  authenticateToken(token: string, audiences?: readonly string[]): AuthenticatedToken | undefined;
}

export interface AuthenticatedToken {
  readonly user: UserInfo;
  /** The audiences of the token that were asked for. */
  readonly audiences: readonly string[];
  /** What the user of the token should be told. */
  readonly warning?: string;
}

/** Finds out who sent a request; undefined when it carries no credentials of this kind. */
export interface RequestAuthenticator {
  readonly name: string;
  /** Throws BadCredentials; another authenticator may still know the sender. */
  authenticate(request: ApiRequest, warnings: string[]): UserInfo | undefined;
}

/** The first of several token authenticators that knows a token; throws what the others said when none does. */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticateToken(token, audiences) {
      let bad: BadCredentials | undefined;
      for (const authenticator of authenticators) {
        try {
          const found = authenticator.authenticateToken(token, audiences);
          if (found) return found;
        } catch (error) {
          if (!(error instanceof BadCredentials)) throw error;
          bad ??= error;
        }
      }
      if (bad) throw bad;
      return undefined;
    },
  };
}
