// SPDX-License-Identifier: Apache-2.0

import { unauthorized } from "../../apimachinery/index.ts";
import { BadCredentials, type RequestAuthenticator } from "../authentication/authenticator.ts";
import { anonymousUser } from "../authentication/user-names.ts";
import type { Filter, RequestContext, UserInfo } from "../request-context.ts";

/** Bad credentials of one kind are forgiven when those of another are good. */
function userOf(authenticators: readonly RequestAuthenticator[], { request, warnings }: RequestContext): UserInfo {
  let isBad = false;
  for (const authenticator of authenticators) {
    try {
      const user = authenticator.authenticate(request, warnings);
      if (user) return user;
    } catch (error) {
      if (!(error instanceof BadCredentials)) throw error;
      isBad = true;
    }
  }
  if (isBad) throw unauthorized();
  return anonymousUser;
}

/** Says who asks: the first authenticator that knows the sender decides; no credentials at all make the anonymous user. */
export function authentication(authenticators: readonly RequestAuthenticator[]): Filter {
  return {
    name: "authentication",
    handle(context, next) {
      context.user = anonymousUser;
      context.user = userOf(authenticators, context);
      return next(context);
    },
  };
}
