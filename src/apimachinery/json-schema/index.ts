// SPDX-License-Identifier: Apache-2.0

export { isInFormat, isKnownFormat } from "./formats.ts";
export { itemSchema, type JsonSchema } from "./json-schema.ts";
export { pruneJson } from "./prune.ts";
export { validateJsonValue } from "./value-validator.ts";
