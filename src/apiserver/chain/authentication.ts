// SPDX-License-Identifier: Apache-2.0

import type { RequestAuthenticator } from "../authentication/authenticator.ts";
import { anonymousUser } from "../authentication/user-names.ts";
import type { Filter } from "../request-context.ts";

/**
 * Says who asks: the first authenticator that finds its credentials decides. Bad credentials are refused (a StatusError
 * is thrown), none at all make the anonymous user.
 */
export function authentication(authenticators: readonly RequestAuthenticator[]): Filter {
  return {
    name: "authentication",
    handle(context, next) {
      context.user = anonymousUser;
      for (const authenticator of authenticators) {
        const user = authenticator.authenticate(context.request);
        if (user) {
          context.user = user;
          break;
        }
      }
      return next(context);
    },
  };
}
