// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest } from "../../client/transport.ts";
import type { UserInfo } from "../request-context.ts";

/** What a bearer token says of its owner; undefined when the token is not one of this authenticator's. */
export interface TokenAuthenticator {
  /** Throws (or rejects) when the token is this authenticator's but no longer good. */
  authenticateToken(token: string, audiences?: readonly string[]): AuthenticatedToken | undefined;
}

export interface AuthenticatedToken {
  readonly user: UserInfo;
  /** The audiences of the token that were asked for. */
  readonly audiences: readonly string[];
}

/** Finds out who sent a request; undefined when it carries no credentials of this kind; throws when they are bad. */
export interface RequestAuthenticator {
  readonly name: string;
  authenticate(request: ApiRequest): UserInfo | undefined;
}
