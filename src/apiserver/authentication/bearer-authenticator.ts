// SPDX-License-Identifier: Apache-2.0

import type { ApiRequest } from "../../client/transport.ts";
import type { UserInfo } from "../request-context.ts";
import { BadCredentials, type RequestAuthenticator, type TokenAuthenticator } from "./authenticator.ts";

const WEBSOCKET_PREFIX = "base64url.bearer.authorization.k8s.io.";
const SPACE_WARNING = "the provided Authorization header contains extra space before the bearer token, and is ignored";

function decodeBase64Url(text: string): string {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BadCredentials("invalid base64.bearer.authorization token encoding");
  }
}

/** The token of the Authorization header: its second word, when the first is "bearer". */
function bearerToken(headers: ApiRequest["headers"], warnings: string[]): string | undefined {
  const [scheme = "", token, more] = headers["authorization"]?.trim().split(" ") ?? [];
  if (token === undefined || scheme.toLowerCase() !== "bearer") return undefined;
  if (token === "" && more !== undefined) warnings.push(SPACE_WARNING);
  return token || undefined;
}

const isWebSocket = (headers: ApiRequest["headers"]): boolean =>
  headers["upgrade"]?.toLowerCase() === "websocket" && /\bupgrade\b/i.test(headers["connection"] ?? "");

const protocolsOf = (header: string): string[] => header.split(",").map((protocol) => protocol.trim());

/** The token in a WebSocket's subprotocols, as browsers must send it: they cannot set headers. */
function webSocketToken(headers: ApiRequest["headers"]): string | undefined {
  const header = headers["sec-websocket-protocol"];
  if (!header?.includes(WEBSOCKET_PREFIX) || !isWebSocket(headers)) return undefined;
  const protocols = protocolsOf(header);
  const tokens = protocols.filter((protocol) => protocol.startsWith(WEBSOCKET_PREFIX));
  if (tokens.length > 1) throw new BadCredentials("multiple base64.bearer.authorization tokens specified");
  const token = decodeBase64Url(tokens[0]!.slice(WEBSOCKET_PREFIX.length));
  // The server has to answer with a protocol, and this one must not be repeated.
  if (token && protocols.length === 1) throw new BadCredentials("missing additional subprotocol");
  return token || undefined;
}

/** Subprotocols without the one that carries a token: it must not travel on to a kubelet. */
export const withoutBearerProtocol = (protocols: string): string =>
  protocolsOf(protocols)
    .filter((protocol) => !protocol.startsWith(WEBSOCKET_PREFIX))
    .join(", ");

/** Bearer tokens in a header or a subprotocol; a token that nobody knows is refused. */
export function bearerAuthenticator(tokens: TokenAuthenticator): RequestAuthenticator {
  const userOf = (token: string, warnings: string[]): UserInfo => {
    const found = tokens.authenticateToken(token);
    if (!found) throw new BadCredentials("invalid bearer token");
    if (found.warning) warnings.push(found.warning);
    return found.user;
  };
  return {
    name: "bearer",
    authenticate({ headers }, warnings) {
      const token = bearerToken(headers, warnings) ?? webSocketToken(headers);
      return token === undefined ? undefined : userOf(token, warnings);
    },
  };
}
