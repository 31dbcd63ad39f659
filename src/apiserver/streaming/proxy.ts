// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { ResourceHandler } from "../endpoints/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { BackendResponse } from "./backend-transport.ts";
import { noBackends } from "./kubelet-backend.ts";
import type { StreamingParts } from "./pod-log.ts";
import { proxiedPath, proxyBackend } from "./proxy-target.ts";

/** Headers that are about one connection, or that must not leave the API server. */
const NOT_FORWARDED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "authorization",
  "host",
  "content-length",
  "http2-settings",
]);

/** The headers of a request as they may go on. */
export function forwardedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name in headers) {
    if (name.startsWith(":") || name.startsWith("impersonate-") || NOT_FORWARDED.has(name)) continue;
    out[name] = headers[name]!;
  }
  return out;
}

/** Where a backend's own paths are found through the proxy. */
function prefixOf({ request }: RequestContext, path: string): string {
  const end = request.path.length - path.length;
  return request.path.slice(0, end);
}

/** A redirect within the backend must come back through the proxy. */
function rewriteLocation(location: string, prefix: string, authority: string): string {
  const absolute = /^https?:\/\/([^/]+)(\/.*)?$/.exec(location);
  if (absolute) return absolute[1] === authority ? `${prefix}${absolute[2] ?? "/"}` : location;
  return location.startsWith("/") ? `${prefix}${location}` : location;
}

function answerOf(response: BackendResponse, prefix: string, authority: string): ApiResponse {
  const headers: Record<string, string | readonly string[]> = {};
  for (const name in response.headers) {
    if (NOT_FORWARDED.has(name) && name !== "content-length") continue;
    headers[name] = response.headers[name]!;
  }
  const { location } = headers;
  if (typeof location === "string") headers["location"] = rewriteLocation(location, prefix, authority);
  return { status: response.status, headers, body: { type: "chunks", chunks: response.body } };
}

const unreachable = (error: unknown): StatusError =>
  new StatusError({
    message: `error trying to reach service: ${error instanceof Error ? error.message : String(error)}`,
    reason: "ServiceUnavailable",
    code: 503,
  });

/** pods/proxy, services/proxy, nodes/proxy: any method, any path, bytes as they come. */
export function proxyHandler(parts: StreamingParts & { readonly random: Random }): ResourceHandler {
  return async (context) => {
    const { request } = context;
    const path = proxiedPath(context);
    const backend = await proxyBackend(parts, context);
    if (!parts.backends) throw noBackends();
    const [onlyPath = "", query] = path.split("?");
    if (onlyPath === "" && (request.method === "GET" || request.method === "HEAD")) {
      const location = `${prefixOf(context, path)}/${query ? `?${query}` : ""}`;
      return { status: 301, headers: { location }, body: { type: "empty" } };
    }
    try {
      const response = await parts.backends.request(backend, {
        method: request.method,
        path: path.startsWith("/") ? path : `/${path}`,
        headers: {
          ...forwardedHeaders(request.headers),
          "x-forwarded-uri": request.path,
          ...(request.body ? { "content-length": String(request.body.length) } : {}),
        },
        body: request.body,
        signal: request.signal,
      });
      return answerOf(response, prefixOf(context, path), `${backend.host}:${backend.port}`);
    } catch (error) {
      throw unreachable(error);
    }
  };
}
