// SPDX-License-Identifier: Apache-2.0

import { forbidden, unauthorized } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiRequest, Client } from "../../client/index.ts";

/** Who asks, as authentication found out. */
export interface NodeUser {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface Remembered<T> {
  readonly value: T;
  readonly untilMs: number;
}

const TOKEN_MS = 120_000;
const ALLOWED_MS = 300_000;
const DENIED_MS = 30_000;
/** Answers that are remembered; the oldest make room. */
const REMEMBERED_MAX = 1_000;

/** Remembers answers of the API server for a while. */
class Memory<T> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Remembered<T>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.untilMs > this.#clock.monotonicMs() ? entry.value : undefined;
  }

  set(key: string, value: T, forMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + forMs });
    if (this.#entries.size <= REMEMBERED_MAX) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Paths that have a right of their own; everything else needs nodes/proxy. */
const SUBRESOURCES: readonly (readonly [prefix: string, subresource: string])[] = [
  ["/stats", "stats"],
  ["/metrics", "metrics"],
  ["/logs", "log"],
  ["/checkpoint", "checkpoint"],
];
/** Paths that nodes/proxy opens as well as a finer right does. */
const FINE_GRAINED: readonly (readonly [prefix: string, subresource: string])[] = [
  ["/healthz", "healthz"],
  ["/configz", "configz"],
  ["/pods", "pods"],
  ["/runningpods", "pods"],
];

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const under = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`);

/** The subresources of nodes of which one right suffices for a path. */
export function subresourcesOf(path: string): readonly string[] {
  const own = SUBRESOURCES.find(([prefix]) => under(path, prefix));
  if (own) return [own[1]];
  const fine = FINE_GRAINED.find(([prefix]) => under(path, prefix));
  return fine ? [fine[1], "proxy"] : ["proxy"];
}

/** Decides who may use a node's API, by asking the API server. */
export class NodeAccess {
  readonly #client: Client;
  readonly #nodeName: string;
  readonly #tokens: Memory<NodeUser | "unknown">;
  readonly #decisions: Memory<boolean>;

  constructor(options: { readonly client: Client; readonly nodeName: string; readonly clock: Clock }) {
    this.#client = options.client;
    this.#nodeName = options.nodeName;
    this.#tokens = new Memory(options.clock);
    this.#decisions = new Memory(options.clock);
  }

  /** Throws a StatusError 401 or 403 for who may not. */
  async check(request: ApiRequest): Promise<NodeUser> {
    const user = await this.#authenticate(request);
    if (!user) throw unauthorized();
    const path = request.path.split("?")[0]!;
    const verb = VERBS[request.method] ?? "get";
    for (const subresource of subresourcesOf(path))
      if (await this.#mayUse(user, verb, subresource, request.signal)) return user;
    const [needed] = subresourcesOf(path);
    const why = `User "${user.username}" cannot ${verb} resource "nodes/${needed}" in API group "" at the cluster scope`;
    throw forbidden({ group: "", resource: "nodes" }, this.#nodeName, why);
  }

  async #authenticate(request: ApiRequest): Promise<NodeUser | undefined> {
    const { certificate } = request.peer;
    if (certificate)
      return { username: certificate.commonName, groups: [...certificate.organizations, "system:authenticated"] };
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
    if (!token) return undefined;
    const known = this.#tokens.get(token) ?? (await this.#review(token, request.signal));
    return known === "unknown" ? undefined : known;
  }

  async #review(token: string, signal: AbortSignal): Promise<NodeUser | "unknown"> {
    const review = await this.#post<TokenReviewAnswer>(
      "authentication.k8s.io",
      "tokenreviews",
      { kind: "TokenReview", spec: { token } },
      signal,
    );
    const status = review.status;
    const user: NodeUser | "unknown" =
      status?.authenticated && status.user
        ? { ...status.user, username: status.user.username ?? "", groups: status.user.groups ?? [] }
        : "unknown";
    this.#tokens.set(token, user, user === "unknown" ? DENIED_MS : TOKEN_MS);
    return user;
  }

  async #mayUse(user: NodeUser, verb: string, subresource: string, signal: AbortSignal): Promise<boolean> {
    const key = `${user.username}\n${user.groups.join(",")}\n${verb}\n${subresource}`;
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    const spec = {
      user: user.username,
      groups: user.groups,
      uid: user.uid,
      extra: user.extra,
      resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: this.#nodeName },
    };
    const review = await this.#post<AccessReviewAnswer>(
      "authorization.k8s.io",
      "subjectaccessreviews",
      { kind: "SubjectAccessReview", spec },
      signal,
    );
    const allowed = review.status?.allowed === true;
    this.#decisions.set(key, allowed, allowed ? ALLOWED_MS : DENIED_MS);
    return allowed;
  }

  #post<T>(group: string, resource: string, body: object, signal: AbortSignal): Promise<T> {
    const bytes = new TextEncoder().encode(JSON.stringify({ apiVersion: `${group}/v1`, metadata: {}, ...body }));
    const headers = { "content-type": "application/json" };
    return this.#client.requestJson("POST", `/apis/${group}/v1/${resource}`, { signal, body: bytes, headers });
  }
}

interface TokenReviewAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: Partial<NodeUser>;
  };
}

interface AccessReviewAnswer {
  readonly status?: { readonly allowed?: boolean };
}
