// SPDX-License-Identifier: Apache-2.0

import { randomUid, type Random } from "../../base/index.ts";
import type { ApiHandler, ApiRequest } from "../../client/transport.ts";
import { anonymousUser } from "../authentication/user-names.ts";
import type { Endpoint, RequestContext } from "../request-context.ts";
import { PathError, requestInfoOf } from "./request-info.ts";
import { statusResponse, textResponse } from "./status-response.ts";

const MAX_AUDIT_ID_LENGTH = 64;

/** Reads what a request is about: the context with which it goes through the chain. */
export function contextOf(request: ApiRequest, random: Random): RequestContext {
  const auditId = request.headers["audit-id"];
  return {
    request,
    info: requestInfoOf(request.method, request.path),
    user: anonymousUser,
    warnings: [],
    flow: undefined,
    traceId: auditId && auditId.length <= MAX_AUDIT_ID_LENGTH ? auditId : randomUid(random),
  };
}

/** The handler that sends every request through the chain; it always answers. */
export const apiHandler = (random: Random, chain: Endpoint): ApiHandler => ({
  async handle(request) {
    try {
      return await chain(contextOf(request, random));
    } catch (error) {
      if (error instanceof PathError) return textResponse(500, `Internal Server Error: ${error.message}\n`);
      return statusResponse(error);
    }
  },
});
