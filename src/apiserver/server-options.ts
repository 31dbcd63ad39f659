// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../api/index.ts";
import type { SchemaRegistry } from "../apimachinery/index.ts";
import type { Clock, Logger, Random } from "../base/index.ts";
import type { ApiHandler, ApiRequest } from "../client/transport.ts";
import type { Store } from "../store/index.ts";
import type { AdmissionPlugin } from "./admission-plugin.ts";
import type { TokenSigner, TokenVerifier } from "./authentication/token-ports.ts";
import type { ProcessFigures } from "./metrics/process-metrics.ts";
import type { Descriptions } from "./openapi/type-schemas.ts";
import type { KindRegistry } from "./registry/index.ts";
import type { Filter } from "./request-context.ts";
import type { ResourceStores } from "./resource-store.ts";
import type { BackendTransport, UpgradeHandler } from "./streaming/backend-transport.ts";

/** Everything an API server needs to run; ports are made in platform/ or simulation/ and wired in cluster/. */
export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly kinds: readonly Kind[];
  readonly schema: SchemaRegistry;
  /** Signs and checks service account tokens. */
  readonly tokens: { readonly signer: TokenSigner; readonly verifier: TokenVerifier };
  /** `https://kubernetes.default.svc.cluster.local` unless given. */
  readonly issuer?: string;
  /** Service ranges, one a family, the first is the primary: `["10.96.0.0/16"]`. */
  readonly serviceCidrs: readonly string[];
  readonly nodePortRange?: { readonly first: number; readonly last: number };
  /** Where clients find the server: the endpoint of the `kubernetes` Service. */
  readonly advertise: { readonly address: string; readonly port: number };
  /** The machine's name, in the lease by which API servers know of each other. */
  readonly hostname?: string;
  /** PEM of the CA that client certificates are checked against; published in extension-apiserver-authentication. */
  readonly clientCa?: string;
  /** The way to kubelets and endpoints; without it logs, exec and proxy answer 503. */
  readonly backends?: BackendTransport;
  /** Texts of types and fields for the OpenAPI documents; without them the documents describe nothing. */
  readonly descriptions?: () => Descriptions;
  /** What the process costs, for /metrics. */
  readonly processFigures?: () => ProcessFigures;
  /** What stands at the places of the chain that are empty by default. */
  readonly places?: ChainPlaces;
}

/** The named places of the request chain and of admission where later work is put. */
export interface ChainPlaces {
  readonly audit?: Filter;
  readonly flowControl?: Filter;
  readonly mutatingPolicies?: AdmissionPlugin;
  readonly mutatingWebhooks?: AdmissionPlugin;
  readonly validatingPolicies?: AdmissionPlugin;
  readonly validatingWebhooks?: AdmissionPlugin;
  readonly resourceQuota?: AdmissionPlugin;
}

/** A running API server, without a socket: HTTP, message ports and in-process clients all call `handler`. */
export interface ApiServer extends UpgradeHandler<ApiRequest> {
  readonly handler: ApiHandler;
  /** What is served now: a kind may be added to a running server, and taken away again. */
  readonly kinds: KindRegistry;
  /** The registries of what is served, for the server's own loops and for tests. */
  readonly stores: ResourceStores;
  /** True when /readyz is. */
  readonly ready: boolean;
  /** Fills the watch cache, writes what a fresh cluster holds, starts the loops; resolves when /readyz is true. */
  start(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Ends watches and loops; the store stays open. */
  stop(): Promise<void>;
}
