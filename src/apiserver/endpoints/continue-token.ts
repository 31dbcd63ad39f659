// SPDX-License-Identifier: Apache-2.0

import { badRequest, isJsonObject, JsonSyntaxError, parseJson, goJsonKind } from "../../apimachinery/index.ts";

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

const isLineBreak = (byte: number): boolean => byte === 0x0a || byte === 0x0d;
const ALPHABET = /^[A-Za-z0-9_-]$/;

/** Bytes of unpadded base64url; line breaks do not count, as in Go. Throws 400 with the place of the fault. */
function base64Bytes(token: string): Uint8Array {
  let digits = 0;
  const bytes = Buffer.from(token);
  for (const [i, byte] of bytes.entries()) {
    if (isLineBreak(byte)) continue;
    if (!ALPHABET.test(String.fromCharCode(byte))) throw invalidToken(`illegal base64 data at input byte ${i}`);
    digits++;
  }
  if (digits % 4 === 1) throw invalidToken(`illegal base64 data at input byte ${bytes.length - 1}`);
  return Buffer.from(token, "base64url");
}

const FIELDS: Readonly<Record<string, { readonly type: string; readonly fits: (value: unknown) => boolean }>> = {
  v: { type: "string", fits: (value) => typeof value === "string" },
  rv: { type: "int64", fits: (value) => Number.isInteger(value) },
  start: { type: "string", fits: (value) => typeof value === "string" },
};

/** The token's fields, whose names are read in any case; throws 400 for a value of the wrong type. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  if (value === null) return fields;
  if (!isJsonObject(value)) {
    throw invalidToken(`json: cannot unmarshal ${goJsonKind(value)} into Go value of type storage.continueToken`);
  }
  for (const [key, given] of Object.entries(value)) {
    const name = key.toLowerCase();
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (!field || given === null) continue;
    if (!field.fits(given)) {
      const shown = typeof given === "number" && name === "rv" ? `number ${given}` : goJsonKind(given);
      throw invalidToken(
        `json: cannot unmarshal ${shown} into Go struct field continueToken.${name} of type ${field.type}`,
      );
    }
    fields[name] = given;
  }
  return fields;
}

function parsed(token: string): unknown {
  try {
    return parseJson(base64Bytes(token));
  } catch (error) {
    throw error instanceof JsonSyntaxError ? invalidToken(error.message) : error;
  }
}

/** A key must stay below the list's prefix: no empty step, none up or on the spot. */
const isCleanPath = (path: string): boolean =>
  path === "" || path.split("/").every((step) => step !== "" && step !== "." && step !== "..");

/** Reads a token; throws 400 for what is none. */
export function decodeContinue(token: string): ContinuePoint {
  const { v = "", rv = 0, start = "" } = fieldsOf(parsed(token)) as { v?: string; rv?: number; start?: string };
  if (v !== VERSION) throw invalidToken(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (start === "") throw invalidToken(`encoded start key empty (version ${VERSION})`);
  const path = start.startsWith("/") ? start.slice(1) : start;
  if (!isCleanPath(path)) throw invalidToken(start);
  return { revision: rv, start: path };
}
