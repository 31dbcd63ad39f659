// SPDX-License-Identifier: Apache-2.0

export { BackendClient, type BackendClientOptions } from "./backend-client.ts";
export { HttpsTransport, type HttpsTransportOptions } from "./https-transport.ts";
export { socketConnection } from "./socket-connection.ts";
