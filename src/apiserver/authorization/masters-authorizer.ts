// SPDX-License-Identifier: Apache-2.0

import { MASTERS } from "../authentication/user-names.ts";
import { allow, noOpinion, type Authorizer } from "./authorizer.ts";

const ALLOW = allow();
const NO_OPINION = noOpinion();

/** The group system:masters may do everything, whatever the roles say: the way back in. */
export const mastersAuthorizer: Authorizer = {
  name: "SystemMasters",
  authorize: (user) => (user.groups.includes(MASTERS) ? ALLOW : NO_OPINION),
};

/** Paths that anybody may read before any authorizer is asked: liveness must not hang on RBAC. */
const ALWAYS_ALLOWED_PATHS = new Set(["/healthz", "/livez", "/readyz"]);

export const openPathsAuthorizer: Authorizer = {
  name: "AlwaysAllowPaths",
  authorize: (_user, access) =>
    !access.isResourceRequest && ALWAYS_ALLOWED_PATHS.has(access.path) ? ALLOW : NO_OPINION,
};
