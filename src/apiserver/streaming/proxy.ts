// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { methodNotAllowed, type ResourceHandler } from "../endpoints/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { BackendRequest, BackendResponse } from "./backend-transport.ts";
import { noBackends } from "./kubelet-backend.ts";
import type { StreamingParts } from "./pod-log.ts";
import { type LinkRewriter, rewriteLink } from "./proxied-links.ts";
import { rewritePage } from "./proxied-page.ts";
import { type ProxiedPath, proxiedPath } from "./proxied-path.ts";
import { proxyBackend } from "./proxy-target.ts";
import { escapePath, joinPaths } from "./url-path.ts";
import { requestBody } from "../endpoints/request-body.ts";

/** Headers that are about one connection, or that must not leave the API server. */
const NOT_FORWARDED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "authorization",
  "host",
  "content-length",
  "http2-settings",
  "x-remote-user",
  "x-remote-uid",
  "x-remote-group",
]);

/** What a backend may not say in the API server's name. */
const NOT_ANSWERED = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "audit-id",
]);

const isOurs = (name: string): boolean =>
  name.startsWith(":") || name.startsWith("impersonate-") || name.startsWith("x-remote-extra-");

/** The headers of a request as they may go on; `address` is the client's, with its port. */
export function forwardedHeaders(headers: Readonly<Record<string, string>>, address: string): Record<string, string> {
  const out: Record<string, string> = {};
  const named = new Set((headers["connection"] ?? "").split(",").map((name) => name.trim().toLowerCase()));
  for (const name in headers) {
    if (isOurs(name) || NOT_FORWARDED.has(name) || named.has(name)) continue;
    out[name] = headers[name]!;
  }
  if (/\btrailers\b/i.test(headers["te"] ?? "")) out["te"] = "trailers";
  const before = headers["x-forwarded-for"];
  const client = address.replace(/:\d+$/, "").replaceAll(/[[\]]/g, "");
  out["x-forwarded-for"] = before ? `${before}, ${client}` : client;
  return out;
}

const NO_BODY_CODES: ReadonlySet<number> = new Set([204, 304]);
const NO_CACHE = "no-cache, private";

function answerHeaders(response: BackendResponse): Record<string, string | readonly string[]> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const name in response.headers) {
    if ((NOT_FORWARDED.has(name) && name !== "content-length") || NOT_ANSWERED.has(name)) continue;
    headers[name] = response.headers[name]!;
  }
  if (response.status === 304) delete headers["content-type"];
  const cache = headers["cache-control"];
  if (cache !== undefined) headers["cache-control"] = [NO_CACHE, ...(typeof cache === "string" ? [cache] : cache)];
  return headers;
}

const isHtml = (type: string | readonly string[] | undefined): boolean =>
  typeof type === "string" && type.split(";", 1)[0]!.trim() === "text/html";

/** An answer of a backend as the client gets it: links of pages and redirects lead through the proxy. */
async function answerOf(response: BackendResponse, links: LinkRewriter): Promise<ApiResponse> {
  const headers = answerHeaders(response);
  const { status, body } = response;
  const { location } = headers;
  if (typeof location === "string" && location !== "") {
    headers["location"] = rewriteLink(location, links) ?? location;
  } else if (isHtml(headers["content-type"]) && !NO_BODY_CODES.has(status)) {
    const page = await rewritePage(body, headers["content-encoding"], links);
    if (page.type === "bytes") delete headers["content-length"];
    return { status, headers, body: page };
  }
  return { status, headers, body: { type: "chunks", chunks: body } };
}

const unreachable = (error: unknown): StatusError =>
  new StatusError({
    message: `error trying to reach service: ${error instanceof Error ? error.message : String(error)}`,
    reason: "ServiceUnavailable",
    code: 503,
  });

const METHODS: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

function backendRequest({ request }: RequestContext, { path, query, prefix }: ProxiedPath): BackendRequest {
  const { method } = request;
  const body = requestBody(request);
  const escaped = escapePath(path === "" ? "/" : path);
  const forwarded = joinPaths(prefix, escaped);
  const { length } = body;
  return {
    method,
    path: `${escaped}${query}`,
    headers: {
      ...forwardedHeaders(request.headers, request.peer.address),
      // The backend is asked for the host that the client asked for, as upstream does it.
      ...(request.headers["host"] ? { host: request.headers["host"] } : {}),
      "x-forwarded-uri": forwarded,
      ...(length > 0 || WITH_BODY.has(method) ? { "content-length": String(length) } : {}),
    },
    ...(length > 0 ? { body } : {}),
    signal: request.signal,
  };
}

/** pods/proxy, services/proxy, nodes/proxy: every path below, with bodies passed on as they come. */
export function proxyHandler(parts: StreamingParts & { readonly random: Random }): ResourceHandler {
  return async (context) => {
    const { request } = context;
    if (!METHODS.has(request.method)) throw methodNotAllowed();
    const backend = await proxyBackend(parts, context);
    if (!parts.backends) throw noBackends();
    const target = proxiedPath(context);
    if (target.path === "" && (request.method === "GET" || request.method === "HEAD")) {
      return { status: 301, headers: { location: `${target.prefix}/${target.query}` }, body: { type: "empty" } };
    }
    let response: BackendResponse;
    try {
      response = await parts.backends.request(backend, backendRequest(context, target));
    } catch (error) {
      throw unreachable(error);
    }
    const hosts = [`${backend.host}:${backend.port}`, request.headers["host"] ?? ""];
    return answerOf(response, { prefix: target.prefix, hosts });
  };
}
