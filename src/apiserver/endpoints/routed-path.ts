// SPDX-License-Identifier: Apache-2.0

import type { PathHandler } from "../chain/path-router.ts";
import { unroutedMediaType } from "./body-types.ts";
import { checkRoute, CONTENT_TYPES, type RouteType } from "./media-types.ts";
import { methodNotAllowed } from "./status-answer.ts";

/** 415 for a body's type that a path does not take, though it reads none. */
function checkConsumed(contentType: string | undefined, route: RouteType): void {
  if (!contentType) return;
  const types = route === "object" ? Object.values(CONTENT_TYPES) : [CONTENT_TYPES.json];
  const taken = contentType.split(",").some((part) => types.includes(part.split(";", 1)[0]!.trim()));
  if (!taken) throw unroutedMediaType();
}

/** A path that upstream's router serves: for reading alone, and in the types that the router knows. */
export const routedPath =
  (route: RouteType, handler: PathHandler): PathHandler =>
  (context) => {
    if (context.request.method !== "GET") throw methodNotAllowed();
    checkConsumed(context.request.headers["content-type"], route);
    checkRoute(context, route);
    return handler(context);
  };
