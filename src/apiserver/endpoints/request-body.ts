// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { ApiRequest } from "../../client/transport.ts";

const NO_BODY = new Uint8Array(0);
/** Upstream's limit of every body that it reads. */
const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** The body of a request that needs one; 413 when it was longer than bodies may be, and so was not kept. */
export function requestBody({ body, bodyTooLarge }: ApiRequest): Uint8Array {
  if (!bodyTooLarge) return body ?? NO_BODY;
  throw new StatusError({
    message: `Request entity too large: limit is ${BODY_BYTES_MAX}`,
    reason: "RequestEntityTooLarge",
    code: 413,
  });
}
