// SPDX-License-Identifier: Apache-2.0

import { StatusError } from "../../apimachinery/index.ts";
import type { RequestContext } from "../request-context.ts";
import { type AcceptClause, parseAccept, trimSpaces } from "./accept-clauses.ts";

export type Encoding = "json" | "yaml" | "protobuf";

/** What a client asked an answer to be turned into. */
export type Shape = "object" | "table" | "metadata" | "metadataList";

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
const OBJECT_TYPES: readonly string[] = ENCODINGS.map((encoding) => CONTENT_TYPES[encoding]);
const STREAM_TYPES = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const META_VERSIONS: ReadonlySet<string> = new Set(["v1", "v1beta1"]);

const DEFAULT: Negotiated = { encoding: "json", shape: "object", metaVersion: "", pretty: false };

/** What an endpoint can answer. */
interface Abilities {
  /** Whether it turns its objects into metadata. */
  readonly metadata: boolean;
  readonly tables: boolean;
  /** Objects of custom kinds have no protobuf; their metadata does. */
  readonly protobuf: boolean;
}

/** The endpoints there are, by what they can answer. */
const ABILITIES = {
  /** Failures, discovery and the like: objects as they are. */
  plain: { metadata: false, tables: false, protobuf: true },
  builtIn: { metadata: true, tables: true, protobuf: true },
  custom: { metadata: true, tables: true, protobuf: false },
  /** Reviews, bindings and what else is never stored. */
  passing: { metadata: true, tables: false, protobuf: true },
} as const satisfies Readonly<Record<string, Abilities>>;

export type EndpointType = keyof typeof ABILITIES;

/** The shape that a clause asks for; undefined when the endpoint cannot give it in the encoding. */
function shapeOf(
  params: AcceptClause["params"],
  encoding: Encoding,
  abilities: Abilities,
): Pick<Negotiated, "shape" | "metaVersion"> | undefined {
  const [as, group, version] = [params.get("as"), params.get("g"), params.get("v")];
  if (as === undefined && group === undefined && version === undefined) {
    return encoding === "protobuf" && !abilities.protobuf ? undefined : { shape: "object", metaVersion: "" };
  }
  if (!abilities.metadata || group !== "meta.k8s.io" || !META_VERSIONS.has(version ?? "")) return undefined;
  if (as === "Table" && abilities.tables)
    return encoding === "protobuf" ? undefined : { shape: "table", metaVersion: version! };
  if (as === "PartialObjectMetadata") return { shape: "metadata", metaVersion: version! };
  return as === "PartialObjectMetadataList" ? { shape: "metadataList", metaVersion: version! } : undefined;
}

function accepts(clause: AcceptClause, encoding: Encoding): boolean {
  if (clause.type === "*") return clause.subtype === "*";
  if (clause.type !== "application") return false;
  return clause.subtype === "*" || `application/${clause.subtype}` === CONTENT_TYPES[encoding];
}

function choose(clause: AcceptClause, abilities: Abilities): Negotiated | undefined {
  const { params } = clause;
  const [stream, serverVersion] = [params.get("stream"), params.get("sv")];
  for (const encoding of ENCODINGS) {
    if (!accepts(clause, encoding)) continue;
    if (stream !== undefined && (stream !== "watch" || encoding === "yaml")) continue;
    if (serverVersion !== undefined && (serverVersion !== "v1" || !abilities.metadata)) continue;
    const shape = shapeOf(params, encoding, abilities);
    if (shape) return { encoding, ...shape, pretty: params.get("pretty") === "1" };
  }
  return undefined;
}

function firstOf(header: string, abilities: Abilities): Negotiated | null {
  for (const clause of parseAccept(header)) {
    const found = choose(clause, abilities);
    if (found) return found;
  }
  return null;
}

/** Answers kept by header text: clients send the same few for ever. */
const MAX_REMEMBERED = 256;

/** Keeps what was worked out of a header, for as many headers as there is room. */
function remembering<T>(work: (header: string) => T): (header: string) => T {
  const remembered = new Map<string, T>();
  return (header) => {
    const known = remembered.get(header);
    if (known !== undefined) return known;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const found = work(header);
    remembered.set(header, found);
    return found;
  };
}

const negotiators: Readonly<Record<EndpointType, (header: string) => Negotiated | null>> = {
  plain: remembering((header) => firstOf(header, ABILITIES.plain)),
  builtIn: remembering((header) => firstOf(header, ABILITIES.builtIn)),
  custom: remembering((header) => firstOf(header, ABILITIES.custom)),
  passing: remembering((header) => firstOf(header, ABILITIES.passing)),
};

/** Chooses the form of an answer; undefined when the client accepts none that there is. */
export function negotiate(header: string | undefined, type: EndpointType): Negotiated | undefined {
  if (!header || header === "*/*" || header === "application/json") return DEFAULT;
  return negotiators[type](header) ?? undefined;
}

/** Whether upstream's router finds one of the types in a header: it looks at the types alone. */
const routes = (types: readonly string[]): ((header: string) => boolean) =>
  remembering((header) =>
    header.split(",").some((clause) => {
      const type = trimSpaces(clause.split(";", 1)[0]!);
      return type === "*/*" || types.includes(type);
    }),
  );

/** The types that upstream's router knows of a path. */
const ROUTES = {
  object: OBJECT_TYPES,
  collection: [...OBJECT_TYPES, ...STREAM_TYPES],
  log: ["text/plain", ...OBJECT_TYPES],
  json: [CONTENT_TYPES.json],
  jwks: ["application/jwk-set+json"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RouteType = keyof typeof ROUTES;

const routers: Readonly<Record<RouteType, (header: string) => boolean>> = {
  object: routes(ROUTES.object),
  collection: routes(ROUTES.collection),
  log: routes(ROUTES.log),
  json: routes(ROUTES.json),
  jwks: routes(ROUTES.jwks),
};

/** 406 in the words of upstream's router, for a client that accepts none of the types that a path has. */
export function checkRoute(context: RequestContext, route: RouteType): void {
  const header = context.request.headers["accept"];
  if (!header || header === "*/*" || routers[route](header)) return;
  throw new StatusError({
    message: `406: Not Acceptable\n\nAvailable representations: ${ROUTES[route].join(", ")}`,
    reason: "NotAcceptable",
    details: {},
    code: 406,
  });
}

/** 406 for a client that accepts a type, but no form of it that there is. */
export const notAcceptable = (stream = false): StatusError =>
  notAcceptableBecause(
    `only the following media types are accepted: ${(stream ? STREAM_TYPES : OBJECT_TYPES).join(", ")}`,
  );

export const notAcceptableBecause = (message: string): StatusError =>
  new StatusError({ message, reason: "NotAcceptable", code: 406 });

/** The form in which an endpoint answers; throws 406. */
export function negotiateAnswer(context: RequestContext, type: EndpointType): Negotiated {
  const wanted = negotiate(context.request.headers["accept"], type);
  if (!wanted) throw notAcceptable();
  return wanted;
}

const PEOPLES_AGENTS = ["curl", "Wget", "Mozilla/5.0"];
const TRUE_TEXTS: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);

/** Whether JSON is indented: when asked for, and for programs that people look through. */
export function isPretty(context: RequestContext, wanted: Negotiated): boolean {
  if (wanted.pretty) return true;
  const { query } = context.info;
  const asked = query.size > 0 ? query.get("pretty") : null;
  if (asked) return TRUE_TEXTS.has(asked);
  const agent = context.request.headers["user-agent"];
  return agent !== undefined && PEOPLES_AGENTS.some((prefix) => agent.startsWith(prefix));
}
