// SPDX-License-Identifier: Apache-2.0

import { badRequest } from "../../apimachinery/index.ts";

const VERSION = "meta.k8s.io/v1";

/** Where the next page of a list begins, and in which state of the resource. */
export interface ContinuePoint {
  /** -1: the state is gone, the page is of the newest one. */
  readonly revision: number;
  /** The first key that may be in the page, relative to the list's prefix. */
  readonly start: string;
}

/** The token that a client gives back for the next page; opaque to it, the same form as upstream's. */
export const encodeContinue = ({ revision, start }: ContinuePoint): string =>
  Buffer.from(JSON.stringify({ v: VERSION, rv: revision, start })).toString("base64url");

const invalidToken = (why: string): Error => badRequest(`invalid continue token: continue key is not valid: ${why}`);

/** Reads a token; throws 400 for what is none. */
export function decodeContinue(token: string): ContinuePoint {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw invalidToken("illegal base64 data at input byte 0");
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    parsed = JSON.parse(Buffer.from(token, "base64url").toString()) as typeof parsed;
  } catch {
    throw invalidToken("invalid character looking for beginning of value");
  }
  if (parsed.v !== VERSION)
    throw invalidToken(`server does not recognize this encoded version ${JSON.stringify(parsed.v ?? "")}`);
  if (typeof parsed.rv !== "number" || parsed.rv === 0) {
    throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`);
  }
  if (typeof parsed.start !== "string" || parsed.start === "") {
    throw invalidToken(`encoded start key empty (version ${VERSION})`);
  }
  if (parsed.start.includes("../")) throw invalidToken(parsed.start);
  return { revision: parsed.rv, start: parsed.start };
}
