// SPDX-License-Identifier: Apache-2.0

import type { ApiHandler, ApiRequest } from "../client/transport.ts";
import { randomUid } from "../base/index.ts";
import { bearerAuthenticator } from "./authentication/bearer-authenticator.ts";
import { certificateAuthenticator } from "./authentication/certificate-authenticator.ts";
import { ServiceAccountAuthenticator } from "./authentication/service-account-authenticator.ts";
import { cachedTokens } from "./authentication/token-cache.ts";
import { anonymousUser } from "./authentication/user-names.ts";
import { authorizerUnion, type Authorizer } from "./authorization/authorizer.ts";
import { mastersAuthorizer, openPathsAuthorizer } from "./authorization/masters-authorizer.ts";
import { RbacAuthorizer } from "./authorization/rbac-authorizer.ts";
import { authentication } from "./chain/authentication.ts";
import { authorization } from "./chain/authorization.ts";
import { composeChain, openPlace, type ChainLinks } from "./chain/chain.ts";
import { impersonation } from "./chain/impersonation.ts";
import { panicRecovery } from "./chain/panic-recovery.ts";
import { PathRouter } from "./chain/path-router.ts";
import { requestInfoOf } from "./chain/request-info.ts";
import { responseHeaders } from "./chain/response-headers.ts";
import { statusResponse } from "./chain/status-response.ts";
import type { Endpoint, RequestContext } from "./request-context.ts";
import type { ResourceStores } from "./resource-store.ts";
import type { ApiServer, ApiServerOptions } from "./server-options.ts";
import type { ByteConnection } from "./streaming/backend-transport.ts";

export const DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local";

const MAX_AUDIT_ID = 64;

/** Makes the handler that reads what a request is about and sends it through the chain. */
function apiHandler(options: ApiServerOptions, chain: Endpoint): ApiHandler {
  return {
    async handle(request) {
      const auditId = request.headers["audit-id"];
      const context: RequestContext = {
        request,
        info: requestInfoOf(request.method, request.path),
        user: anonymousUser,
        warnings: [],
        traceId: auditId && auditId.length <= MAX_AUDIT_ID ? auditId : randomUid(options.random),
      };
      try {
        return await chain(context);
      } catch (error) {
        return statusResponse(error);
      }
    },
  };
}

function chainLinks(options: ApiServerOptions, stores: ResourceStores, authorizer: Authorizer): ChainLinks {
  const { clock, log, places } = options;
  const issuer = options.issuer ?? DEFAULT_ISSUER;
  const tokens = new ServiceAccountAuthenticator({
    verifier: options.tokens.verifier,
    clock,
    stores,
    issuer,
    audiences: [issuer],
  });
  return {
    responseHeaders,
    metrics: openPlace("metrics"),
    panicRecovery: panicRecovery(log),
    authentication: authentication([certificateAuthenticator(), bearerAuthenticator([cachedTokens(tokens, clock)])]),
    audit: places?.audit ?? openPlace("audit"),
    impersonation: impersonation(authorizer),
    flowControl: places?.flowControl ?? openPlace("flowControl"),
    authorization: authorization(authorizer),
  };
}

/** An API server over a store, without a socket. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  return new Server(options);
}

class Server implements ApiServer {
  readonly handler: ApiHandler;
  readonly stores: ResourceStores = { find: () => undefined };
  readonly #rbac = new RbacAuthorizer();
  readonly #paths = new PathRouter();
  #ready = false;
  #stopFollowing: (() => void) | undefined;

  constructor(options: ApiServerOptions) {
    const authorizer = authorizerUnion([openPathsAuthorizer, mastersAuthorizer, this.#rbac]);
    const links = chainLinks(options, this.stores, authorizer);
    this.handler = apiHandler(options, composeChain(links, this.#paths.handle));
  }

  get ready(): boolean {
    return this.#ready;
  }

  async start(_options: { readonly signal: AbortSignal }): Promise<void> {
    this.#stopFollowing = this.#rbac.follow(this.stores);
    this.#ready = true;
  }

  async stop(): Promise<void> {
    this.#ready = false;
    this.#stopFollowing?.();
  }

  async upgrade(_request: ApiRequest, connection: ByteConnection): Promise<void> {
    connection.destroy();
  }
}
