// SPDX-License-Identifier: Apache-2.0

import { StatusError, type Status } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";

const encoder = new TextEncoder();
const JSON_HEADERS = { "content-type": "application/json" };

/** An object as a JSON answer. */
export function jsonResponse(status: number, object: unknown): ApiResponse {
  return {
    status,
    headers: JSON_HEADERS,
    body: { type: "bytes", bytes: encoder.encode(`${JSON.stringify(object)}\n`) },
  };
}

/** Plain text as Go's http.Error and the health handlers answer it. */
export function textResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    body: { type: "bytes", bytes: encoder.encode(text) },
  };
}

/** Plain text as Go's handlers write it when nothing is wrong. */
export const plainResponse = (text: string): ApiResponse => ({
  status: 200,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: { type: "bytes", bytes: encoder.encode(text) },
});

/** The Status of anything thrown: a StatusError's own; any other error is a bug or a broken port, and says so. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error instanceof Error ? error.message : String(error),
    reason: "InternalError",
    code: 500,
  };
}

/** An expected failure as its answer, in JSON; retryAfterSeconds becomes a header. */
export function statusResponse(error: unknown): ApiResponse {
  const status = statusOf(error);
  const response = jsonResponse(status.code ?? 500, status);
  const seconds = status.details?.retryAfterSeconds;
  if (!seconds) return response;
  return { ...response, headers: { ...JSON_HEADERS, "retry-after": String(seconds) } };
}
