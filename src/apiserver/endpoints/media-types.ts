// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { RequestContext } from "../request-context.ts";

export type Encoding = "json" | "yaml" | "protobuf";

/** What a client asked an answer to be turned into. */
export type Shape = "object" | "table" | "metadata";

/** The form of an answer, as negotiated by the Accept header. */
export interface Negotiated {
  readonly encoding: Encoding;
  readonly shape: Shape;
  /** `v1` or `v1beta1`, of meta.k8s.io: for tables and metadata. */
  readonly metaVersion: string;
  readonly pretty: boolean;
}

export const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

const ENCODINGS: readonly Encoding[] = ["json", "yaml", "protobuf"];
const STREAM_TYPES = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const META_VERSIONS: ReadonlySet<string> = new Set(["v1", "v1beta1"]);

const DEFAULT: Negotiated = { encoding: "json", shape: "object", metaVersion: "", pretty: false };

interface Clause {
  readonly type: string;
  readonly q: number;
  readonly params: ReadonlyMap<string, string>;
}

function parseClause(text: string): Clause {
  const [type = "", ...rest] = text.split(";");
  const params = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0) params.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const q = Number(params.get("q") ?? 1);
  params.delete("q");
  return { type: type.trim(), q: Number.isFinite(q) ? q : 1, params };
}

function shapeOf(
  params: ReadonlyMap<string, string>,
  encoding: Encoding,
): Pick<Negotiated, "shape" | "metaVersion"> | undefined {
  const as = params.get("as");
  if (as === undefined) return { shape: "object", metaVersion: "" };
  const metaVersion = params.get("v") ?? "";
  if (params.get("g") !== "meta.k8s.io" || !META_VERSIONS.has(metaVersion)) return undefined;
  if (as === "Table") return encoding === "protobuf" ? undefined : { shape: "table", metaVersion };
  if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return { shape: "metadata", metaVersion };
  return undefined;
}

function accept(clause: Clause, options: NegotiationOptions): Negotiated | undefined {
  for (const encoding of ENCODINGS) {
    if (encoding === "protobuf" && !options.protobuf) continue;
    if (encoding === "yaml" && options.isWatch) continue;
    if (clause.type !== "*/*" && clause.type !== CONTENT_TYPES[encoding]) continue;
    const stream = clause.params.get("stream");
    if (stream !== undefined && !(options.isWatch && stream === "watch")) continue;
    const shape = shapeOf(clause.params, encoding);
    if (!shape) continue;
    return { encoding, ...shape, pretty: clause.params.get("pretty") === "1" };
  }
  return undefined;
}

/** Answers kept by header text: clients send the same few for ever. */
const MAX_REMEMBERED = 256;
const remembered = new Map<string, Negotiated | null>();

function parseAccept(header: string, options: NegotiationOptions): Negotiated | null {
  const clauses = header.split(",").map(parseClause);
  clauses.sort((a, b) => b.q - a.q);
  for (const clause of clauses) {
    const found = accept(clause, options);
    if (found) return found;
  }
  return null;
}

/** What an endpoint can answer. */
export interface NegotiationOptions {
  readonly isWatch: boolean;
  /** Objects of custom kinds have no protobuf. */
  readonly protobuf: boolean;
}

/** Chooses the form of an answer; undefined when the client accepts none that there is. */
export function negotiate(header: string | undefined, options: NegotiationOptions): Negotiated | undefined {
  if (!header || header === "*/*" || header === "application/json") return DEFAULT;
  const key = `${options.isWatch ? "watch" : ""} ${options.protobuf ? "protobuf" : ""} ${header}`;
  const known = remembered.get(key);
  if (known !== undefined) return known ?? undefined;
  const found = parseAccept(header, options);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, found);
  return found ?? undefined;
}

/** The form that a resource request asks for; throws 406. */
export function negotiateAnswer(context: RequestContext, options: { readonly protobuf: boolean }): Negotiated {
  const { verb } = context.info;
  const isWatch = verb === "watch";
  const wanted = negotiate(context.request.headers["accept"], { isWatch, protobuf: options.protobuf });
  if (!wanted) throw notAcceptable(isWatch || verb === "list");
  return wanted;
}

const PEOPLES_AGENTS = ["curl", "Wget", "Mozilla/5.0"];
const TRUE_TEXTS: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** Whether JSON is indented: when asked for, and for programs that people look through. */
export function isPretty(context: RequestContext, wanted: Negotiated): boolean {
  const { query, verb } = context.info;
  if (verb === "watch") return false;
  const asked = query.size > 0 ? query.get("pretty") : null;
  if (asked) return TRUE_TEXTS.has(asked);
  if (wanted.pretty) return true;
  const agent = context.request.headers["user-agent"];
  return agent !== undefined && PEOPLES_AGENTS.some((prefix) => agent.startsWith(prefix));
}

/** 406, in the words of upstream's router. */
export function notAcceptable(isCollectionRead: boolean): StatusError {
  const types = ENCODINGS.map((encoding) => CONTENT_TYPES[encoding]);
  const all = isCollectionRead ? [...types, ...STREAM_TYPES] : types;
  return new StatusError({
    message: `406: Not Acceptable\n\nAvailable representations: ${all.join(", ")}`,
    reason: "NotAcceptable",
    details: {},
    code: 406,
  });
}

/** The encoding of a request's body; undefined when it is none that is understood. No header means JSON. */
export function bodyEncoding(contentType: string | undefined): Encoding | undefined {
  if (!contentType) return "json";
  const semicolon = contentType.indexOf(";");
  const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim();
  if (type === "application/json") return "json";
  if (type === "application/yaml") return "yaml";
  return type === "application/vnd.kubernetes.protobuf" ? "protobuf" : undefined;
}

/** 415 for a body in another encoding. */
export const unsupportedMediaType = (): StatusError =>
  new StatusError({
    message: `the body of the request was in an unknown format - accepted media types include: ${ENCODINGS.map((e) => CONTENT_TYPES[e]).join(", ")}`,
    reason: "UnsupportedMediaType",
    code: 415,
  });

/** 415 of upstream's router, for a patch of an unknown type. */
export const unsupportedPatchType = (): StatusError =>
  new StatusError({ message: "415: Unsupported Media Type", reason: "UnsupportedMediaType", details: {}, code: 415 });
