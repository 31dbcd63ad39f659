// SPDX-License-Identifier: Apache-2.0

export { ResourceHandlers, type ResourceHandler } from "./resource-handlers.ts";
