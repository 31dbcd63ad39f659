// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest, ApiResponse } from "../../client/transport.ts";
import { withoutBearerProtocol } from "../authentication/bearer-authenticator.ts";

const VERSION = "13";
const encoder = new TextEncoder();

const refused = (status: number, text: string, headers: ApiResponse["headers"] = {}): ApiResponse => ({
  status,
  headers,
  body: text ? { type: "bytes", bytes: encoder.encode(text) } : { type: "empty" },
});

/** The subprotocols that a client offers, without the one that carries its token. */
function offeredProtocols({ headers }: ApiRequest): string[] {
  const header = withoutBearerProtocol(headers["sec-websocket-protocol"] ?? "");
  return header === "" ? [] : header.split(",").map((protocol) => protocol.trim());
}

/** Whether it can be read as the address of a page; a page without one says "null". */
const isOrigin = (origin: string): boolean => origin.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(origin);

/** What is chosen of the offer, or the answer that refuses it. */
export type Choice = { readonly protocol: string } | { readonly refusal: ApiResponse };

/** What is wrong with a request for a WebSocket as such. */
function handshakeRefusal({ headers }: ApiRequest): ApiResponse | undefined {
  if (!headers["sec-websocket-key"]) return refused(400, "mismatch challenge/response");
  if (headers["sec-websocket-version"] === VERSION) return undefined;
  return refused(400, "missing or bad WebSocket Version", { "sec-websocket-version": VERSION });
}

/** Watches are for pages: these say where they come from. They may name one subprotocol, whatever it is. */
export function chooseForWatch(request: ApiRequest): Choice {
  const refusal = handshakeRefusal(request);
  if (refusal) return { refusal };
  if (!isOrigin(request.headers["origin"] ?? "")) return { refusal: refused(403, "") };
  const offered = offeredProtocols(request);
  return offered.length > 1 ? { refusal: refused(400, "") } : { protocol: offered[0] ?? "" };
}

/** The first of the offered subprotocols that is known; none at all is good, too. */
export function chooseFrom(known: readonly string[], request: ApiRequest): Choice {
  const refusal = handshakeRefusal(request);
  if (refusal) return { refusal };
  const offered = offeredProtocols(request);
  const protocol = offered.length === 0 ? "" : offered.find((name) => known.includes(name));
  return protocol === undefined ? { refusal: refused(403, "") } : { protocol };
}
