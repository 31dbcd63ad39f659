// SPDX-License-Identifier: Apache-2.0

import { badRequest, StatusError, type SchemaRegistry } from "../../apimachinery/index.ts";
import type { Logger } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { Filter, RequestContext } from "../request-context.ts";
import { encodedStatus } from "./encoded-object.ts";
import { statusOf } from "./status-response.ts";

const STACK_OVERFLOW = /call stack/;

/** Turns what is thrown into an answer; a bug is logged with its stack and does not take the server down. */
export function panicRecovery(log: Logger, schemas: SchemaRegistry): Filter {
  const answer = (error: unknown, context: RequestContext): ApiResponse => {
    if (!(error instanceof StatusError) && !context.request.signal.aborted) {
      log.error("Request failed unexpectedly", {
        method: context.request.method,
        path: context.info.path,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    return encodedStatus(context, statusOf(error), schemas);
  };
  const isTooDeep = (error: unknown): boolean => error instanceof RangeError && STACK_OVERFLOW.test(error.message);
  return {
    name: "panicRecovery",
    async handle(context, next) {
      try {
        return await next(context);
      } catch (error) {
        // Whoever walks through a value descends by calls; who nests so deep means harm.
        const said = context.request.body && isTooDeep(error) ? badRequest("exceeded max depth") : error;
        return answer(said, context);
      }
    },
  };
}
