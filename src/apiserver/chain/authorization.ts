// SPDX-License-Identifier: Apache-2.0

import type { Authorizer } from "../authorization/authorizer.ts";
import { forbiddenAccess } from "../authorization/forbidden-access.ts";
import type { Filter } from "../request-context.ts";

/** Lets a request pass when an authorizer allows it; everything else is forbidden. */
export function authorization(authorizer: Authorizer): Filter {
  return {
    name: "authorization",
    handle(context, next) {
      const decision = authorizer.authorize(context.user, context.info);
      if (!(decision instanceof Promise)) {
        if (decision.decision === "allow") return next(context);
        throw forbiddenAccess(context.user, context.info, decision.reason);
      }
      return decision.then((late) => {
        if (late.decision === "allow") return next(context);
        throw forbiddenAccess(context.user, context.info, late.reason);
      });
    },
  };
}
