// SPDX-License-Identifier: Apache-2.0

export { parseRequestInfo } from "./request-info.ts";
export { ResourceHandlers, type ResourceHandler } from "./resource-handlers.ts";
