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

/** Counts and times authentications. */
export interface AuthenticationMeasure {
  authenticate(run: () => UserInfo): UserInfo;
}

/** Says who asks: the first authenticator that knows the sender decides; no credentials at all make the anonymous user. */
export function authentication(
  authenticators: readonly RequestAuthenticator[],
  measure?: AuthenticationMeasure,
): Filter {
  return {
    name: "authentication",
    handle(context, next) {
      context.user = anonymousUser;
      const find = (): UserInfo => userOf(authenticators, context);
      context.user = measure ? measure.authenticate(find) : find();
      return next(context);
    },
  };
}
