// SPDX-License-Identifier: Apache-2.0

import { goQuote, parseFieldSelector, SelectorError } from "../../apimachinery/index.ts";
import type { RequestInfo } from "../request-context.ts";

const EMPTY_QUERY = new URLSearchParams();
const NO_PARTS: readonly string[] = [];
const SLASH = 0x2f;

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Path segments that stand in front of the resource and say what the request does. */
const isSpecialVerb = (segment: string): boolean => segment === "proxy" || segment === "watch";

/** Subresources of a namespace itself, not resources inside of it. */
const isNamespaceSubresource = (segment: string): boolean => segment === "status" || segment === "finalize";

/** As Go does it, before the path is cut: an escaped slash is a slash. */
const decoded = (path: string): string => {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** The steps of a path; slashes at its ends make none, those inside of it make empty ones. */
function stepsOf(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === SLASH) start++;
  while (end > start && path.charCodeAt(end - 1) === SLASH) end--;
  return path.slice(start, end).split("/");
}

const otherPath = (path: string, query: URLSearchParams, method: string): RequestInfo => ({
  isResourceRequest: false,
  path,
  query,
  verb: method.toLowerCase(),
  apiPrefix: "",
  group: "",
  version: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  parts: NO_PARTS,
});

/** A query's boolean is true unless it says otherwise, as upstream converts it. */
const isTrue = (value: string | null): boolean => value !== null && value !== "0" && value.toLowerCase() !== "false";

/** A list that watches or names one object: what authorisation must see. */
function collectionVerb(verb: string, query: URLSearchParams): string {
  if (verb === "delete") return "deletecollection";
  if (verb !== "get") return verb;
  return isTrue(query.get("watch")) ? "watch" : "list";
}

const isPathSegment = (name: string): boolean => name !== "." && name !== ".." && !/[/%]/.test(name);

/** `metadata.name=x` in a field selector gives the request a name, as upstream does for authorisation. */
function nameFromFieldSelector(query: URLSearchParams): string {
  const selector = query.get("fieldSelector");
  if (!selector) return "";
  try {
    const name = parseFieldSelector(selector).exactValue("metadata.name") ?? "";
    return isPathSegment(name) ? name : "";
  } catch (error) {
    if (error instanceof SelectorError) return "";
    throw error;
  }
}

/** A path that says how a resource is to be read (watch, proxy), and not which. */
export class PathError extends Error {
  constructor(target: string) {
    const shown = target.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    super(`${goQuote(shown)}: failed to create RequestInfo: unable to determine kind and namespace from url, ${shown}`);
  }
}

/** Reads what a request is about from its method, path and query, as upstream's RequestInfoFactory does; throws PathError. */
export function requestInfoOf(method: string, target: string): RequestInfo {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 || mark === target.length - 1 ? EMPTY_QUERY : new URLSearchParams(target.slice(mark + 1));
  const segments = stepsOf(decoded(path));
  const apiPrefix = segments[0];
  if (apiPrefix !== "api" && apiPrefix !== "apis") return otherPath(path, query, method);
  const grouped = apiPrefix === "apis";
  let at = grouped ? 3 : 2;
  if (segments.length <= at) return otherPath(path, query, method);
  const group = grouped ? segments[1]! : "";
  const version = segments[at - 1]!;
  let verb = VERBS[method] ?? "";
  if (isSpecialVerb(segments[at]!)) {
    if (segments.length === at + 1) throw new PathError(target);
    verb = segments[at]!;
    at++;
  }
  let namespace = "";
  if (segments[at] === "namespaces" && segments.length > at + 1) {
    namespace = segments[at + 1]!;
    if (segments.length > at + 2 && !isNamespaceSubresource(segments[at + 2]!)) at += 2;
  }
  const parts = segments.slice(at);
  const subresource = parts.length >= 3 && verb !== "proxy" ? parts[2]! : "";
  let name = parts.length >= 2 ? parts[1]! : "";
  if (name === "" && (verb === "get" || verb === "delete")) {
    verb = collectionVerb(verb, query);
    if (verb !== "deletecollection") name = nameFromFieldSelector(query);
  }
  return {
    isResourceRequest: true,
    path,
    query,
    verb,
    apiPrefix,
    group,
    version,
    namespace,
    resource: parts[0]!,
    subresource,
    name,
    parts,
  };
}
