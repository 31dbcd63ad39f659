// SPDX-License-Identifier: Apache-2.0

export { createEndpoints, type EndpointsOptions } from "./create-endpoints.ts";
export { ResourceHandlers, type ResourceHandler } from "./resource-handlers.ts";
export { methodNotAllowed, pageNotFound, resourceNotFound } from "./status-answer.ts";
