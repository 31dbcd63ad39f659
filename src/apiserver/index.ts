// SPDX-License-Identifier: Apache-2.0

export type { AdmissionAttributes, AdmissionOperation, AdmissionPlugin } from "./admission-plugin.ts";
export { certificateUids } from "./authentication/certificate-subject.ts";
export type {
  JsonWebKey,
  TokenClaims,
  TokenSigner,
  TokenVerification,
  TokenVerifier,
} from "./authentication/token-ports.ts";
export type { Endpoint, Filter, RequestContext, RequestInfo, UserInfo } from "./request-context.ts";
export type { DeleteOptions, ResourceStore, ResourceStores, WriteOptions, Written } from "./resource-store.ts";
export { createApiServer, DEFAULT_ISSUER } from "./server.ts";
export type { KindRegistration, KindRegistry } from "./registry/index.ts";
export type { Descriptions as ApiDescriptions } from "./openapi/type-schemas.ts";
export type { ProcessFigures } from "./metrics/process-metrics.ts";
export type { ApiServer, ApiServerOptions, ChainPlaces } from "./server-options.ts";
export type {
  Backend,
  BackendRequest,
  BackendResponse,
  BackendTransport,
  BackendUpgrade,
  ByteConnection,
  ClientConnection,
  UpgradeHandler,
  WebSocketChoice,
} from "./streaming/backend-transport.ts";
