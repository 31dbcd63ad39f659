// SPDX-License-Identifier: Apache-2.0

import { badRequest } from "../../apimachinery/index.ts";
import type { TokenReview } from "../../api/index.ts";
import { BadCredentials, type AuthenticatedToken, type TokenAuthenticator } from "../authentication/authenticator.ts";
import { userInfoOf } from "./access-review.ts";

const NOBODY = "invalid bearer token";

/** Whose the token is, or what is wrong with it. */
function authenticate(tokens: TokenAuthenticator, { spec }: TokenReview): AuthenticatedToken | string {
  // A header is read by words: what follows a space is no part of the token.
  const [token = ""] = spec.token?.trim().split(" ") ?? [];
  try {
    return tokens.authenticateToken(token, spec.audiences?.length ? spec.audiences : undefined) ?? NOBODY;
  } catch (error) {
    if (error instanceof BadCredentials) return `[${NOBODY}, ${error.message}]`;
    throw error;
  }
}

/** Tells whose a token is; a token that is nobody's is an answer too. */
export function reviewToken(tokens: TokenAuthenticator, review: TokenReview): void {
  if (!review.spec.token) throw badRequest("token is required for TokenReview in authentication");
  const found = authenticate(tokens, review);
  if (typeof found === "string") {
    review.status = { user: {}, error: found };
    return;
  }
  const { user, audiences } = found;
  review.status = { authenticated: true, user: userInfoOf(user), audiences: [...audiences] };
}
