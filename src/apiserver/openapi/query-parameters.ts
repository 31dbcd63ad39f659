// SPDX-License-Identifier: Apache-2.0

import type { Descriptions, Json } from "./type-schemas.ts";

/** The key of the parameters' texts among the descriptions. */
const PARAMETERS = "parameters";

/** Types of the query parameters that are not strings. */
const TYPES: Readonly<Record<string, "boolean" | "integer">> = {
  allowWatchBookmarks: "boolean",
  follow: "boolean",
  force: "boolean",
  gracePeriodSeconds: "integer",
  ignoreStoreReadErrorWithClusterBreakingPotential: "boolean",
  insecureSkipTLSVerifyBackend: "boolean",
  limit: "integer",
  limitBytes: "integer",
  orphanDependents: "boolean",
  ports: "integer",
  previous: "boolean",
  sendInitialEvents: "boolean",
  sinceSeconds: "integer",
  stderr: "boolean",
  stdin: "boolean",
  stdout: "boolean",
  tailLines: "integer",
  timeoutSeconds: "integer",
  timestamps: "boolean",
  tty: "boolean",
  watch: "boolean",
};

/** Type and, where there is one, description of a query parameter; a patch speaks of its own of some. */
export function queryParameter(
  descriptions: Descriptions,
  name: string,
  method: string,
): { readonly type: string; readonly text: Json } {
  const texts = descriptions[PARAMETERS]?.[1] ?? {};
  const description = texts[`${method}:${name}`] ?? texts[name];
  return { type: TYPES[name] ?? "string", text: description ? { description } : {} };
}
