// SPDX-License-Identifier: Apache-2.0

import { isMaster } from "../authentication/user-names.ts";
import { allow, noOpinion, type Authorizer } from "./authorizer.ts";

const ALLOW = allow();
const NO_OPINION = noOpinion();

/** The group system:masters may do everything, whatever the roles say: the way back in. */
export const mastersAuthorizer: Authorizer = {
  name: "SystemMasters",
  authorize: (user) => (isMaster(user) ? ALLOW : NO_OPINION),
};

/** Paths that anybody may read before the roles are known: whether the server comes up must not hang on them. */
const EARLY_PATHS = new Set(["/healthz", "/livez", "/readyz"]);

export const earlyPathsAuthorizer = (rolesAreKnown: () => boolean): Authorizer => ({
  name: "EarlyPaths",
  authorize: (_user, access) =>
    !access.isResourceRequest && access.verb === "get" && EARLY_PATHS.has(access.path) && !rolesAreKnown()
      ? ALLOW
      : NO_OPINION,
});
