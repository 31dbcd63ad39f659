// SPDX-License-Identifier: Apache-2.0

import { unauthorized } from "../../apimachinery/index.ts";
import type { ApiRequest } from "../../client/transport.ts";
import type { RequestAuthenticator, TokenAuthenticator } from "./authenticator.ts";

const WEBSOCKET_PREFIX = "base64url.bearer.authorization.k8s.io.";

function decodeBase64Url(text: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(text, { alphabet: "base64url" }));
  } catch {
    return undefined;
  }
}

/** The token in the Authorization header, or in a WebSocket's subprotocols as browsers must send it. */
export function bearerToken(headers: ApiRequest["headers"]): string | undefined {
  const authorization = headers["authorization"];
  if (authorization !== undefined) {
    const space = authorization.indexOf(" ");
    if (space < 0 || authorization.slice(0, space).toLowerCase() !== "bearer") return undefined;
    return authorization.slice(space + 1).trim() || undefined;
  }
  const protocols = headers["sec-websocket-protocol"];
  if (protocols === undefined || !protocols.includes(WEBSOCKET_PREFIX)) return undefined;
  for (const protocol of protocols.split(",")) {
    const name = protocol.trim();
    if (name.startsWith(WEBSOCKET_PREFIX)) return decodeBase64Url(name.slice(WEBSOCKET_PREFIX.length));
  }
  return undefined;
}

/** Subprotocols without the one that carries a token: it must not travel on to a kubelet. */
export const withoutBearerProtocol = (protocols: string): string =>
  protocols
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => !protocol.startsWith(WEBSOCKET_PREFIX))
    .join(", ");

/** Bearer tokens by the given authenticators in order; a token that none knows is refused. */
export function bearerAuthenticator(tokens: readonly TokenAuthenticator[]): RequestAuthenticator {
  return {
    name: "bearer",
    authenticate({ headers }) {
      const token = bearerToken(headers);
      if (token === undefined) return undefined;
      for (const authenticator of tokens) {
        const found = authenticator.authenticateToken(token);
        if (found) return found.user;
      }
      throw unauthorized();
    },
  };
}
