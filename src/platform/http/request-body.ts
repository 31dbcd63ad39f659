// SPDX-License-Identifier: Apache-2.0

import type { Readable } from "node:stream";

/** The largest request body (upstream's limit: 3 MiB). */
export const REQUEST_BODY_BYTES_MAX = 3 * 1024 * 1024;

/** How reading a body ended. A body that was cut short is no body. */
export type ReadBody =
  | { readonly type: "body"; readonly bytes: Uint8Array }
  | { readonly type: "tooLarge" | "aborted" };

/**
 * Reads a request's body to its end. An HTTP/2 upload that was aborted ends like a whole one, so the length that was
 * promised is compared with what came.
 */
export function readBody(
  source: Readable & { readonly aborted?: boolean },
  promisedLength: number | undefined,
  done: (body: ReadBody) => void,
): void {
  if (promisedLength !== undefined && promisedLength > REQUEST_BODY_BYTES_MAX) {
    source.resume();
    done({ type: "tooLarge" });
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let length = 0;
  let finished = false;
  const finish = (body: ReadBody) => {
    if (finished) return;
    finished = true;
    done(body);
  };
  source.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > REQUEST_BODY_BYTES_MAX) {
      first = undefined;
      rest = undefined;
      finish({ type: "tooLarge" });
      return;
    }
    if (!first) first = chunk;
    else (rest ??= []).push(chunk);
  });
  source.on("end", () => {
    if (source.aborted || (promisedLength !== undefined && length !== promisedLength)) {
      finish({ type: "aborted" });
      return;
    }
    const bytes = !first ? new Uint8Array(0) : rest ? Buffer.concat([first, ...rest], length) : first;
    finish({ type: "body", bytes });
  });
  source.on("close", () => finish({ type: "aborted" }));
}
