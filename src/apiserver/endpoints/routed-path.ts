// SPDX-License-Identifier: Apache-2.0

import type { PathHandler } from "../chain/path-router.ts";
import { checkRoute, type RouteType } from "./media-types.ts";
import { methodNotAllowed } from "./status-answer.ts";

/** A path that upstream's router serves: for reading alone, and in the types that the router knows. */
export const routedPath =
  (route: RouteType, handler: PathHandler): PathHandler =>
  (context) => {
    if (context.request.method !== "GET") throw methodNotAllowed();
    checkRoute(context, route);
    return handler(context);
  };
