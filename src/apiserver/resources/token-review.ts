// SPDX-License-Identifier: Apache-2.0

import { badRequest, StatusError } from "../../apimachinery/index.ts";
import type { TokenReview } from "../../api/index.ts";
import type { AuthenticatedToken, TokenAuthenticator } from "../authentication/authenticator.ts";
import { userInfoOf } from "./access-review.ts";

function authenticate(tokens: TokenAuthenticator, review: TokenReview): AuthenticatedToken | undefined {
  try {
    return tokens.authenticateToken(review.spec.token ?? "", review.spec.audiences);
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

/** Tells whose a token is; a token that is nobody's is an answer too. */
export function reviewToken(tokens: TokenAuthenticator, review: TokenReview): void {
  if (!review.spec.token) throw badRequest("token is required for TokenReview in authentication");
  const found = authenticate(tokens, review);
  review.status = found
    ? { authenticated: true, user: userInfoOf(found.user), audiences: [...found.audiences] }
    : { user: {}, error: "[invalid bearer token, service account token is not valid]" };
}
