// SPDX-License-Identifier: Apache-2.0

import { PATH_PARAMETER, parameterName } from "./operations.ts";
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

/** What one parameter is, in words that both versions of OpenAPI are written from. */
export interface ParameterFacts {
  readonly name: string;
  readonly in: "path" | "query";
  readonly type: string;
  /** Its description, where there is one. */
  readonly text: Json;
}

/** Descriptions of what a path names; `named` is the kind that its name is of. */
function pathText(parameter: string, named: string): string | undefined {
  if (parameter === PATH_PARAMETER) return "path to the resource";
  if (parameter === "name") return `name of the ${named}`;
  return parameter === "namespace" ? "object name and auth scope, such as for teams and projects" : undefined;
}

/** A parameter of an operation with this method; a patch speaks of its own of some. */
export function parameterFacts(
  descriptions: Descriptions,
  parameter: string,
  { method, named }: { readonly method: string; readonly named: string },
): ParameterFacts {
  const name = parameterName(parameter);
  const inPath = pathText(parameter, named);
  if (inPath !== undefined) return { name, in: "path", type: "string", text: { description: inPath } };
  const texts = descriptions[PARAMETERS]?.[1] ?? {};
  const description = texts[`${method}:${name}`] ?? texts[parameter] ?? texts[name];
  return { name, in: "query", type: TYPES[name] ?? "string", text: description ? { description } : {} };
}
