// SPDX-License-Identifier: Apache-2.0

import { badRequest, internalError, StatusError } from "../../apimachinery/index.ts";
import type { BackendResponse } from "./backend-transport.ts";

const MAX_READ_BYTES = 50_000;

/** The start of a backend's body as text. */
async function textOf({ body }: BackendResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= MAX_READ_BYTES) break;
  }
  return text.slice(0, MAX_READ_BYTES);
}

const GENERIC: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  403: ["Forbidden", ""],
  404: ["NotFound", "the server could not find the requested resource"],
  405: ["MethodNotAllowed", "the server does not allow this method on the requested resource"],
  409: ["Conflict", "the server reported a conflict"],
  429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: [
    "Timeout",
    "the server was unable to return a response in the time allotted, but may still be processing the request",
  ],
};

/** What a kubelet's refusal means to the client, in upstream's words. */
export async function backendFailure(
  response: BackendResponse,
  what: { readonly resource: string; readonly name: string },
): Promise<StatusError> {
  const text = await textOf(response);
  if (response.status === 500) return internalError(text);
  if (response.status === 400) return badRequest(text);
  const [reason, generic] = GENERIC[response.status] ?? [
    "",
    `the server responded with the status code ${response.status} but did not return more details`,
  ];
  const message = response.status === 403 ? text : generic;
  return new StatusError({
    message: `${message} ( ${what.resource} ${what.name})`,
    reason,
    details: { name: what.name, kind: what.resource },
    code: response.status,
  });
}
