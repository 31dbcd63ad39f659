// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../api/index.ts";
import { TaskGroup } from "../base/index.ts";
import type { ApiHandler, ApiRequest } from "../client/transport.ts";
import { admissionChain, admissionPlugins } from "./admission/admission-chain.ts";
import { tokenUnion, type TokenAuthenticator } from "./authentication/authenticator.ts";
import { bearerAuthenticator } from "./authentication/bearer-authenticator.ts";
import { bootstrapTokenAuthenticator } from "./authentication/bootstrap-token-authenticator.ts";
import { certificateAuthenticator } from "./authentication/certificate-authenticator.ts";
import { ServiceAccountAuthenticator } from "./authentication/service-account-authenticator.ts";
import { cachedTokens } from "./authentication/token-cache.ts";
import { authorizerUnion, type Authorizer } from "./authorization/authorizer.ts";
import { earlyPathsAuthorizer, mastersAuthorizer } from "./authorization/masters-authorizer.ts";
import { NodeAuthorizer } from "./authorization/node-authorizer.ts";
import { withNodeRules } from "./authorization/node-rules.ts";
import { RbacAuthorizer } from "./authorization/rbac-authorizer.ts";
import { IdentityLease } from "./bootstrap/identity-lease.ts";
import { bootstrapCluster, restoreCluster } from "./bootstrap/bootstrap-cluster.ts";
import { apiHandler, contextOf } from "./chain/api-handler.ts";
import { authentication } from "./chain/authentication.ts";
import { authorization } from "./chain/authorization.ts";
import { composeChain, openPlace, type ChainLinks } from "./chain/chain.ts";
import { impersonation } from "./chain/impersonation.ts";
import { panicRecovery } from "./chain/panic-recovery.ts";
import { PathRouter } from "./chain/path-router.ts";
import { responseHeaders } from "./chain/response-headers.ts";
import { DiscoveryPaths } from "./discovery/discovery-paths.ts";
import { HealthChecks } from "./health/health-checks.ts";
import { serverChecks } from "./health/server-checks.ts";
import { createEndpoints, ResourceHandlers } from "./endpoints/index.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import { KindRegistry, Registry, storagePrefix, type Admission } from "./registry/index.ts";
import type { Endpoint } from "./request-context.ts";
import type { ResourceStores } from "./resource-store.ts";
import { allResourceHooks } from "./resources/all-resource-hooks.ts";
import { AllocationRepair } from "./resources/services/allocation-repair.ts";
import { ClusterIpAllocator } from "./resources/services/cluster-ip-allocator.ts";
import { NodePortAllocator } from "./resources/services/node-port-allocator.ts";
import { SpecialHandlers } from "./resources/special-handlers.ts";
import type { ApiServer, ApiServerOptions } from "./server-options.ts";
import { OpenApiPaths } from "./openapi/openapi-paths.ts";
import { serverPaths } from "./server-paths.ts";
import type { ClientConnection } from "./streaming/backend-transport.ts";
import { writeRawResponse } from "./streaming/raw-response.ts";
import { ApiServiceAvailability } from "./upkeep/api-service-availability.ts";
import { DefinitionUpkeep } from "./upkeep/definition-upkeep.ts";
import { FlowClassifier } from "./flowcontrol/flow-classifier.ts";
import { FlowSchemaStatus } from "./upkeep/flow-schema-status.ts";
import { SystemObjectsUpkeep } from "./upkeep/system-objects-upkeep.ts";
import { takeOver } from "./streaming/upgrade.ts";
import { answerBySocket } from "./streaming/web-socket-answer.ts";

export const DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local";
const DEFAULT_HOSTNAME = "localhost";
const DEFAULT_NODE_PORTS = { first: 30_000, last: 32_767 };

/** An API server over a store, without a socket. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  return new Server(options);
}

class Server implements ApiServer {
  readonly handler: ApiHandler;
  readonly kinds = new KindRegistry();
  readonly #options: ApiServerOptions;
  readonly #rbac = new RbacAuthorizer();
  readonly #flows = new FlowClassifier();
  readonly #node = new NodeAuthorizer();
  readonly #authorizer: Authorizer = authorizerUnion([
    earlyPathsAuthorizer(() => this.#state === "ready"),
    mastersAuthorizer,
    this.#node,
    this.#rbac,
  ]);
  readonly #registry: Registry;
  readonly #tokens: TokenAuthenticator;
  readonly #metrics: ServerMetrics;
  readonly #links: ChainLinks;
  readonly #endpoint: Endpoint;
  #admission!: Admission;
  #repair!: AllocationRepair;
  readonly #group = new TaskGroup();
  readonly #stopFollowing: (() => void)[] = [];
  #state: "new" | "filled" | "ready" | "stopped" = "new";

  constructor(options: ApiServerOptions) {
    this.#options = options;
    for (const kind of options.kinds) this.kinds.add({ kind, schemas: options.schema });
    this.#metrics = new ServerMetrics({
      clock: options.clock,
      registry: () => this.#registry,
      figures: options.processFigures,
    });
    this.#registry = this.#makeRegistry();
    const { clock, random, tokens, issuer = DEFAULT_ISSUER } = options;
    const { verifier } = tokens;
    const stores = this.#registry;
    this.#tokens = tokenUnion([
      new ServiceAccountAuthenticator({ verifier, clock, stores, issuer, audiences: [issuer] }),
      bootstrapTokenAuthenticator({ stores, clock, audiences: [issuer] }),
    ]);
    this.#links = this.#chainLinks();
    this.#endpoint = this.#makeEndpoint();
    this.handler = apiHandler(random, composeChain(this.#links, this.#endpoint));
  }

  get stores(): ResourceStores {
    return this.#registry;
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  async start({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#registry.start();
    const followers = [this.#rbac, this.#node, this.#flows];
    this.#stopFollowing.push(...followers.map((follower) => follower.follow(this.#registry)));
    this.#state = "filled";
    const { clock, random, serviceCidrs, advertise, clientCa, hostname = DEFAULT_HOSTNAME } = this.#options;
    const groupVersions = this.#groupVersions();
    const stores = this.#registry;
    const lease = new IdentityLease({ stores, clock, random, hostname, port: advertise.port });
    const isAlone = !(await lease.othersLive());
    const system = { stores, clock, serviceCidrs, advertise, clientCa, groupVersions };
    await bootstrapCluster({ ...system, isAlone }, { signal });
    const upkeep = { stores, clock, log: this.#options.log };
    const [schemas, apiServices] = [new FlowSchemaStatus(upkeep), new ApiServiceAvailability(upkeep)];
    await schemas.reconcileAll({ signal });
    this.#state = "ready";
    this.#group.run("identity lease", (until) => lease.run({ signal: until }));
    this.#group.run("allocation repair", (until) => this.#repair.run({ signal: until }));
    this.#group.run("flow schema status", (until) => schemas.run({ signal: until }));
    const objects = new SystemObjectsUpkeep({
      ...upkeep,
      restore: (options) => restoreCluster({ ...system, isAlone: false }, options),
    });
    this.#group.run("system objects", (until) => objects.run({ signal: until }));
    const definitions = new DefinitionUpkeep(upkeep);
    this.#group.run("definition upkeep", (until) => definitions.run({ signal: until }));
    this.#group.run("API service availability", (until) => apiServices.run({ signal: until }));
  }

  async stop(): Promise<void> {
    this.#state = "stopped";
    await this.#group.stop();
    for (const stop of this.#stopFollowing) stop();
    this.#registry.stop();
  }

  /** The same chain; its end takes the connection over, or answers as if nobody had asked for an upgrade. */
  async upgrade(request: ApiRequest, connection: ClientConnection): Promise<void> {
    const { random, backends, log } = this.#options;
    const parts = { stores: this.#registry, backends, random, authorizer: this.#authorizer };
    const chain = composeChain(
      this.#links,
      async (context) =>
        (await takeOver(parts, context, connection)) ??
        answerBySocket(context, await this.#endpoint(context), connection),
    );
    try {
      const response = await chain(contextOf(request, random));
      if (response.status !== 101) await writeRawResponse(connection, response);
    } catch (error) {
      log.error("Upgrade failed", { path: request.path, error: String(error) });
      connection.destroy();
    }
  }

  #makeEndpoint(): Endpoint {
    const { clock, random, schema, tokens, backends, issuer = DEFAULT_ISSUER } = this.#options;
    const handlers = new ResourceHandlers();
    new SpecialHandlers({
      registry: this.#registry,
      admission: this.#admission,
      schemas: schema,
      clock,
      random,
      authorizer: this.#authorizer,
      rules: withNodeRules(this.#rbac),
      tokens: this.#tokens,
      signer: tokens.signer,
      issuer,
      backends,
    }).register(handlers);
    const resources = createEndpoints({ registry: this.#registry, handlers, clock, random });
    const paths = this.#makePaths().handle;
    return (context) => (context.info.isResourceRequest ? resources(context) : paths(context));
  }

  #groupVersions(): { group: string; version: string }[] {
    const seen = new Map(
      this.kinds.all().map(({ kind: { group, version } }) => [`${group}/${version}`, { group, version }]),
    );
    return [...seen.values()];
  }

  /** The kind in the version in which its objects are stored. */
  #storedAs(kind: Kind): Kind {
    if (!kind.storage) return kind;
    const prefix = storagePrefix(kind);
    const found = this.kinds.all().find((other) => !other.kind.storage && storagePrefix(other.kind) === prefix);
    return found?.kind ?? kind;
  }

  #makeRegistry(): Registry {
    const { store, clock, random, places = {}, serviceCidrs, nodePortRange = DEFAULT_NODE_PORTS } = this.#options;
    const authorizer = this.#authorizer;
    return new Registry({
      kinds: this.kinds,
      store,
      clock,
      random,
      log: this.#options.log,
      admission: (stores) => {
        const { admission } = this.#metrics;
        const plugins = admissionPlugins({ stores, clock, random, authorizer, places });
        this.#admission = admission.chain(admissionChain(plugins.map((plugin) => admission.plugin(plugin))));
        return this.#admission;
      },
      hooks: (stores) => {
        const addresses = new ClusterIpAllocator({ stores, random });
        const ports = new NodePortAllocator({ store, random, range: nodePortRange });
        this.#repair = new AllocationRepair({ stores, clock, log: this.#options.log, addresses, ports });
        return allResourceHooks(stores, {
          addresses,
          ports,
          serviceCidrs,
          authorizer,
          kinds: this.kinds,
          rbac: this.#rbac,
        });
      },
    });
  }

  #chainLinks(): ChainLinks {
    const { clock, log, schema, places } = this.#options;
    const bearer = bearerAuthenticator(cachedTokens(this.#tokens, clock));
    return {
      responseHeaders,
      metrics: this.#metrics.filter,
      panicRecovery: panicRecovery(log, schema),
      authentication: authentication([certificateAuthenticator(), bearer], this.#metrics.access),
      audit: places?.audit ?? openPlace("audit"),
      impersonation: impersonation(this.#authorizer),
      flowControl: places?.flowControl ?? this.#flows.filter,
      authorization: authorization(this.#metrics.access.measured(this.#authorizer)),
    };
  }

  #makePaths(): PathRouter {
    const { advertise, log, store, schema, tokens, issuer = DEFAULT_ISSUER } = this.#options;
    const router = new PathRouter();
    const discovery = new DiscoveryPaths({
      registry: this.kinds,
      schemas: schema,
      serverAddress: `${advertise.address}:${advertise.port}`,
      storedAs: (kind) => this.#storedAs(kind),
    });
    discovery.register(router);
    const health = new HealthChecks((name, error) => log.warn("Health check failed", { name, error: String(error) }));
    health.add(
      ...serverChecks({
        storeAnswers: async () => {
          await store.currentRevision({ signal: new AbortController().signal });
        },
        cachesFilled: () => this.#state === "filled" || this.#state === "ready",
        bootstrapped: () => this.#state === "ready",
        stopping: () => this.#state === "stopped",
      }),
    );
    health.register(router);
    new OpenApiPaths({
      discovery,
      clock: this.#options.clock,
      descriptions: this.#options.descriptions ?? (() => ({})),
    }).register(router);
    serverPaths(router, {
      metrics: this.#metrics,
      health: health.metrics,
      figures: this.#options.processFigures,
      discovery,
      issuer,
      keys: tokens.verifier.keys,
      advertise,
    });
    return router;
  }
}
