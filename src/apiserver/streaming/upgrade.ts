// SPDX-License-Identifier: Apache-2.0

import { badRequest, StatusError } from "../../apimachinery/index.ts";
import type { Random } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { withoutBearerProtocol } from "../authentication/bearer-authenticator.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { forbiddenAccess } from "../authorization/forbidden-access.ts";
import type { ResourceHandler } from "../endpoints/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { BackendRequest, BackendTransport, ByteConnection } from "./backend-transport.ts";
import { noBackends } from "./kubelet-backend.ts";
import { pipeConnections } from "./pipe-connections.ts";
import type { StreamingParts } from "./pod-log.ts";
import { POD_STREAMS, type StreamTarget } from "./pod-streams.ts";
import { forwardedHeaders } from "./proxy.ts";
import { proxiedPath } from "./proxied-path.ts";
import { proxyBackend } from "./proxy-target.ts";
import { responseHead } from "./raw-response.ts";
import { escapePath } from "./url-path.ts";

/** What upgrades need. */
export interface UpgradeParts extends StreamingParts {
  readonly random: Random;
  readonly authorizer: Authorizer;
}

/** The answer of a stream's endpoint to a request that does not ask for an upgrade: when all else is right, 400. */
export const upgradeRequired =
  (stores: ResourceStores): ResourceHandler =>
  async (context) => {
    await POD_STREAMS[context.info.subresource]?.(stores, context);
    throw badRequest("Upgrade request required");
  };

export const isWebSocket = ({ request }: RequestContext): boolean =>
  (request.headers["upgrade"] ?? "").toLowerCase() === "websocket";

/** A WebSocket begins with a GET: what it does is still to create a stream, and needs that right too. */
async function checkCreate({ authorizer }: UpgradeParts, context: RequestContext): Promise<void> {
  if (context.info.verb === "create" || !isWebSocket(context)) return;
  const access = { ...context.info, verb: "create" };
  const decision = await authorizer.authorize(context.user, access);
  if (decision.decision !== "allow") throw forbiddenAccess(context.user, access, decision.reason);
}

function targetOf(parts: UpgradeParts, context: RequestContext): Promise<StreamTarget> | undefined {
  const { info } = context;
  if (!info.isResourceRequest || info.group !== "") return undefined;
  const stream = info.resource === "pods" ? POD_STREAMS[info.subresource] : undefined;
  if (stream) return checkCreate(parts, context).then(() => stream(parts.stores, context));
  if (info.subresource !== "proxy" || !["pods", "services", "nodes"].includes(info.resource)) return undefined;
  return proxyBackend(parts, context).then((backend) => {
    const { path, query } = proxiedPath(context);
    return { backend, path: `${escapePath(path === "" ? "/" : path)}${query}` };
  });
}

function upgradeHeaders({ request }: RequestContext): Record<string, string> {
  const headers = forwardedHeaders(request.headers, request.peer.address);
  headers["connection"] = "Upgrade";
  headers["upgrade"] = request.headers["upgrade"] ?? "";
  const protocols = headers["sec-websocket-protocol"];
  if (protocols !== undefined) headers["sec-websocket-protocol"] = withoutBearerProtocol(protocols);
  return headers;
}

/** The connection has been taken over: nothing is left to answer. */
export const SWITCHED: ApiResponse = { status: 101, headers: {}, body: { type: "empty" } };

async function connect(
  backends: BackendTransport,
  { backend, path }: StreamTarget,
  request: BackendRequest,
  client: ByteConnection,
): Promise<ApiResponse> {
  const answer = await backends.upgrade(backend, { ...request, path }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new StatusError({ message: `error dialing backend: ${why}`, code: 500 });
  });
  if (!answer.upgraded) {
    return { status: answer.status, headers: answer.headers, body: { type: "chunks", chunks: answer.body } };
  }
  client.write(responseHead(101, answer.headers));
  pipeConnections(client, answer.connection);
  return SWITCHED;
}

/**
 * The endpoint of a connection that asks for an upgrade: the backend answers, and from its 101 on bytes go both ways
 * untouched. undefined when the request is for no stream. An answer of 101 means that the connection has been taken over.
 */
export async function takeOver(
  parts: UpgradeParts,
  context: RequestContext,
  client: ByteConnection,
): Promise<ApiResponse | undefined> {
  const target = await targetOf(parts, context);
  if (!target) return undefined;
  if (!parts.backends) throw noBackends();
  const abort = new AbortController();
  client.onClose(() => abort.abort(new Error("The client closed its connection")));
  const request = {
    method: context.request.method,
    path: target.path,
    headers: upgradeHeaders(context),
    signal: abort.signal,
  };
  return connect(parts.backends, target, request, client);
}
