// SPDX-License-Identifier: Apache-2.0

export { ControlPlaneServer, type ControlPlaneServerOptions } from "./control-plane-server.ts";
export { HttpsServer, type HttpsHandlers, type HttpsServerOptions } from "./https-server.ts";
