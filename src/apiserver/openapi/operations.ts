// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import { verbsOf } from "../discovery/resource-lists.ts";
import { subresourcesOf, type SubresourceInfo } from "../discovery/special-subresources.ts";

/** What an operation answers with, or takes. */
export type Payload =
  | { readonly type: "none" }
  | { readonly type: "text" }
  | { readonly type: "object"; readonly typeName: string };

/** One operation of the API, in words that both versions of OpenAPI are written from. */
export interface Operation {
  readonly method: "get" | "put" | "post" | "delete" | "patch" | "head" | "options";
  readonly id: string;
  readonly description: string;
  readonly action?: string;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Names of query parameters, in order. */
  readonly parameters: readonly string[];
  readonly body?: { readonly typeName: string; readonly required: boolean };
  readonly answer: Payload;
  /** Besides 200. */
  readonly codes: readonly (201 | 202)[];
  readonly streams?: boolean;
  /** Media types, where they are not the usual ones of a resource. */
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
}

/** The operations of one path, and the parameters that they share. */
export interface PathOperations {
  readonly path: string;
  readonly shared: readonly string[];
  /** What the name in the path names. */
  readonly named: string;
  readonly operations: readonly Operation[];
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const PATCH_TYPE = `${META}.Patch`;
const STATUS: Payload = { type: "object", typeName: `${META}.Status` };
const WATCH_EVENT: Payload = { type: "object", typeName: `${META}.WatchEvent` };
const ENCODINGS = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
const LOG_FORMS = ["text/plain", ...ENCODINGS];
const STREAM_FORMS = [
  ...ENCODINGS,
  ...["json", "vnd.kubernetes.protobuf"].map((form) => `application/${form};stream=watch`),
];
const PATCH_FORMS = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;
const ANY_FORM = ["*/*"] as const;

/** Media types of an operation: what it takes, and what it answers with. */
export function mediaTypesOf(operation: Operation): { consumes: readonly string[]; produces: readonly string[] } {
  const { body, action, streams } = operation;
  return {
    consumes: operation.consumes ?? (!action ? ENCODINGS : body?.typeName === PATCH_TYPE ? PATCH_FORMS : ANY_FORM),
    produces: operation.produces ?? (action === "connect" ? ANY_FORM : streams ? STREAM_FORMS : ENCODINGS),
  };
}

const TEXT: Payload = { type: "text" };
const LIST_PARAMETERS = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "timeoutSeconds",
  "watch",
] as const;
const WRITE_PARAMETERS = ["dryRun", "fieldManager", "fieldValidation"] as const;
const DELETE_PARAMETERS = [
  "dryRun",
  "gracePeriodSeconds",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "propagationPolicy",
] as const;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A group as operation ids and tags have it: without the common domain, its words written together. */
export const groupWord = (group: string): string =>
  (group || "core")
    .replace(/\.k8s\.io$/, "")
    .replace(/[^\p{L}\p{N}_]+(.)/gu, (_, letter: string) => letter.toUpperCase());

/** `apps/v1` → `AppsV1`, as operation ids have it. */
export const groupVersionId = (group: string, version: string): string => capital(groupWord(group)) + capital(version);

/** Of a parameter in the path that is named as one in the query may be. */
export const PATH_PARAMETER = "{path}";

/** A parameter's name; where its text is that of one subresource alone, that stands before it: `PodExec:stdin`. */
export const parameterName = (parameter: string): string =>
  parameter === PATH_PARAMETER ? "path" : parameter.slice(parameter.indexOf(":") + 1);

const byName = (a: string, b: string): number => {
  const [x, y] = [parameterName(a), parameterName(b)];
  return x === y ? (a === PATH_PARAMETER ? -1 : 1) : x < y ? -1 : 1;
};

/** One path: parameters that all its operations have are stated once. */
function pathOf(path: string, named: string, operations: readonly Operation[]): PathOperations {
  const [first, ...others] = operations;
  const shared = (first?.parameters ?? []).filter((name) =>
    others.every(({ parameters }) => parameters.includes(name)),
  );
  const own = (name: string): boolean => !shared.includes(name);
  return {
    path,
    named,
    shared: shared.sort(byName),
    operations: operations.map((operation) => ({
      ...operation,
      parameters: operation.parameters.filter(own).sort(byName),
    })),
  };
}

const object = (typeName: string): Payload => ({ type: "object", typeName });

/** Upstream wraps the storage of namespaces: the document does not see that a deletion answers with the namespace. */
const isWrapped = ({ group, resource }: Kind): boolean => group === "" && resource === "namespaces";

/** All operations on one kind. */
export class KindOperations {
  readonly #kind: Kind;
  readonly #connectParameters: Readonly<Record<string, string>>;
  readonly #id: string;
  readonly #base: string;
  readonly #scope: string;
  readonly #gvk: NonNullable<Operation["kind"]>;
  /** Parameters of every path to the collection. */
  readonly #place: readonly string[];

  /** `connectParameters`: what the schema knows of subresources' own query parameters. */
  constructor(kind: Kind, connectParameters: Readonly<Record<string, string>>) {
    this.#connectParameters = connectParameters;
    const { group, version, namespaced } = kind;
    this.#kind = kind;
    this.#id = groupVersionId(group, version);
    this.#base = group ? `/apis/${group}/${version}` : `/api/${version}`;
    this.#scope = namespaced ? "Namespaced" : "";
    this.#gvk = { group, version, kind: kind.kind };
    this.#place = namespaced ? ["namespace", "pretty"] : ["pretty"];
  }

  paths(): PathOperations[] {
    const { namespaced, resource, kind } = this.#kind;
    const collection = `${this.#base}${namespaced ? "/namespaces/{namespace}" : ""}/${resource}`;
    const paths = [
      pathOf(collection, kind, this.#collection()),
      pathOf(`${collection}/{name}`, kind, this.#item()),
      ...subresourcesOf(this.#kind).flatMap((sub) => this.#subresource(collection, sub)),
      ...(namespaced ? this.#everywhere() : []),
      ...this.#watches(collection),
    ];
    return paths.filter(({ operations }) => operations.length > 0);
  }

  #has(verb: string): boolean {
    return verbsOf(this.#kind).includes(verb);
  }

  #operation(
    operation: Omit<Operation, "kind" | "parameters" | "codes"> &
      Partial<Pick<Operation, "kind" | "parameters" | "codes">>,
  ): Operation {
    return { kind: this.#gvk, codes: [], ...operation, parameters: [...this.#place, ...(operation.parameters ?? [])] };
  }

  #collection(): Operation[] {
    const { kind, type } = this.#kind;
    const operations: Operation[] = [];
    if (this.#has("list")) {
      operations.push(
        this.#operation({
          method: "get",
          id: `list${this.#id}${this.#scope}${kind}`,
          description: `list ${this.#has("watch") ? "or watch " : ""}objects of kind ${kind}`,
          action: "list",
          parameters: LIST_PARAMETERS,
          answer: object(`${type}List`),
          streams: true,
        }),
      );
    }
    if (this.#has("create")) {
      operations.push(
        this.#operation({
          method: "post",
          id: `create${this.#id}${this.#scope}${kind}`,
          description: `create ${aKind(kind)}`,
          action: "post",
          parameters: WRITE_PARAMETERS,
          body: { typeName: type, required: true },
          answer: object(type),
          codes: [201, 202],
        }),
      );
    }
    if (this.#has("deletecollection")) {
      operations.push(
        this.#operation({
          method: "delete",
          id: `delete${this.#id}Collection${this.#scope}${kind}`,
          description: `delete collection of ${kind}`,
          action: "deletecollection",
          parameters: [
            ...LIST_PARAMETERS.filter((name) => name !== "allowWatchBookmarks" && name !== "watch"),
            ...DELETE_PARAMETERS,
          ],
          body: { typeName: `${META}.DeleteOptions`, required: false },
          answer: STATUS,
        }),
      );
    }
    return operations;
  }

  #item(): Operation[] {
    const { kind, type } = this.#kind;
    const operations: Operation[] = [];
    if (this.#has("get")) operations.push(this.#read(type, kind));
    if (this.#has("update")) operations.push(this.#replace(type, kind));
    if (this.#has("delete")) {
      operations.push(
        this.#operation({
          method: "delete",
          id: `delete${this.#id}${this.#scope}${kind}`,
          description: `delete ${aKind(kind)}`,
          action: "delete",
          parameters: ["name", ...DELETE_PARAMETERS],
          body: { typeName: `${META}.DeleteOptions`, required: false },
          answer: this.#kind.returnDeletedObject && !isWrapped(this.#kind) ? object(type) : STATUS,
          codes: [202],
        }),
      );
    }
    if (this.#has("patch")) operations.push(this.#patch(type, kind));
    return operations;
  }

  #read(typeName: string, suffix: string, of = "", gvk = this.#gvk): Operation {
    return this.#operation({
      method: "get",
      id: `read${this.#id}${this.#scope}${suffix}`,
      description: `read ${of}the specified ${this.#kind.kind}`,
      action: "get",
      kind: gvk,
      parameters: ["name"],
      answer: object(typeName),
    });
  }

  #replace(typeName: string, suffix: string, of = "", gvk = this.#gvk): Operation {
    return this.#operation({
      method: "put",
      id: `replace${this.#id}${this.#scope}${suffix}`,
      description: `replace ${of}the specified ${this.#kind.kind}`,
      action: "put",
      kind: gvk,
      parameters: ["name", ...WRITE_PARAMETERS],
      body: { typeName, required: true },
      answer: object(typeName),
      codes: [201],
    });
  }

  #patch(typeName: string, suffix: string, of = "", gvk = this.#gvk): Operation {
    return this.#operation({
      method: "patch",
      id: `patch${this.#id}${this.#scope}${suffix}`,
      description: `partially update ${of}the specified ${this.#kind.kind}`,
      action: "patch",
      kind: gvk,
      parameters: ["name", ...WRITE_PARAMETERS, "force"],
      body: { typeName: PATCH_TYPE, required: true },
      answer: object(typeName),
      codes: [201],
    });
  }

  #subresource(collection: string, sub: SubresourceInfo): PathOperations[] {
    const path = `${collection}/{name}/${sub.name}`;
    const gvk = { group: sub.group ?? this.#gvk.group, version: sub.version ?? this.#gvk.version, kind: sub.kind };
    if (!sub.kind.endsWith("Options")) {
      return [pathOf(path, sub.name === "scale" ? "Scale" : gvk.kind, this.#objectOperations(sub, gvk))];
    }
    const connect = pathOf(path, sub.kind, this.#connect(sub, gvk, ""));
    if (sub.name !== "proxy") return [connect];
    return [connect, pathOf(`${path}/{path}`, sub.kind, this.#connect(sub, gvk, "WithPath"))];
  }

  #objectOperations(sub: SubresourceInfo, gvk: NonNullable<Operation["kind"]>): Operation[] {
    const { kind } = this.#kind;
    const suffix = kind + capital(sub.name);
    const typeName = schemaTypeOf(this.#kind, sub);
    const of = `${sub.name} of `;
    const operations: Operation[] = [];
    const verbs = new Set(sub.verbs);
    if (verbs.has("get")) operations.push(this.#readSubresource(sub, typeName, gvk));
    if (verbs.has("update")) operations.push(this.#replace(typeName, suffix, of, gvk));
    if (verbs.has("create")) {
      operations.push(
        this.#operation({
          method: "post",
          id: `create${this.#id}${this.#scope}${suffix}`,
          description: `create ${of}${aKind(kind)}`,
          action: "post",
          kind: gvk,
          parameters: ["name", ...WRITE_PARAMETERS],
          body: { typeName, required: true },
          answer: object(typeName),
          codes: [201, 202],
        }),
      );
    }
    if (verbs.has("patch")) operations.push(this.#patch(typeName, suffix, of, gvk));
    return operations;
  }

  #readSubresource(sub: SubresourceInfo, typeName: string, gvk: NonNullable<Operation["kind"]>): Operation {
    const suffix = this.#kind.kind + capital(sub.name);
    const read = this.#read(typeName, suffix, `${sub.name} of `, gvk);
    if (sub.name !== "log") return read;
    return {
      ...read,
      parameters: [...read.parameters, ...this.#ownParameters(sub)],
      answer: TEXT,
      produces: LOG_FORMS,
    };
  }

  /** Query parameters that a subresource alone has. */
  #ownParameters(sub: SubresourceInfo): string[] {
    const { resource, kind } = this.#kind;
    const stated = this.#connectParameters[`${resource}/${sub.name}`] ?? "";
    return stated.split(" ").map((entry) => `${kind}${capital(sub.name)}:${entry.split(":")[0]}`);
  }

  #connect(sub: SubresourceInfo, gvk: NonNullable<Operation["kind"]>, suffix: string): Operation[] {
    const { kind } = this.#kind;
    const methods: readonly Operation["method"][] =
      sub.name === "proxy" ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"];
    const parameters = [
      ...(this.#kind.namespaced ? ["namespace"] : []),
      "name",
      ...(suffix ? [PATH_PARAMETER] : []),
      ...this.#ownParameters(sub),
    ];
    return methods.map((method) => ({
      method,
      id: `connect${this.#id}${capital(method)}${this.#scope}${kind}${capital(sub.name)}${suffix}`,
      description: `connect ${method.toUpperCase()} requests to ${sub.name} of ${kind}`,
      action: "connect",
      kind: gvk,
      parameters,
      answer: TEXT,
      codes: [],
    }));
  }

  #everywhere(): PathOperations[] {
    if (!this.#has("list")) return [];
    const { kind, resource, type } = this.#kind;
    const list: Operation = {
      method: "get",
      id: `list${this.#id}${kind}ForAllNamespaces`,
      description: `list or watch objects of kind ${kind}`,
      action: "list",
      kind: this.#gvk,
      parameters: [...LIST_PARAMETERS, "pretty"],
      answer: object(`${type}List`),
      codes: [],
      streams: true,
    };
    return [pathOf(`${this.#base}/${resource}`, kind, [list])];
  }

  #watches(collection: string): PathOperations[] {
    if (!this.#has("watch")) return [];
    const { kind, resource, namespaced } = this.#kind;
    const watch = (id: string, parameters: readonly string[]): Operation => ({
      method: "get",
      id,
      description: parameters.includes("name")
        ? `watch changes to an object of kind ${kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`
        : `watch individual changes to a list of ${kind}. deprecated: use the 'watch' parameter with a list operation instead.`,
      action: parameters.includes("name") ? "watch" : "watchlist",
      kind: this.#gvk,
      parameters: [...LIST_PARAMETERS, ...parameters],
      answer: WATCH_EVENT,
      codes: [],
      streams: true,
    });
    const watched = collection.replace(this.#base, `${this.#base}/watch`);
    const stem = `watch${this.#id}${this.#scope}${kind}`;
    const paths = [
      pathOf(watched, kind, [watch(`${stem}List`, this.#place)]),
      pathOf(`${watched}/{name}`, kind, [watch(stem, ["name", ...this.#place])]),
    ];
    if (!namespaced) return paths;
    const everywhere = watch(`watch${this.#id}${kind}ListForAllNamespaces`, ["pretty"]);
    return [...paths, pathOf(`${this.#base}/watch/${resource}`, kind, [everywhere])];
  }
}

/** The schema's name of what a subresource takes and gives. */
function schemaTypeOf(kind: Kind, sub: SubresourceInfo): string {
  if (sub.kind === kind.kind) return kind.type;
  if (!sub.group) return kind.type.replace(/\.[^.]+$/, `.${sub.kind}`);
  return `io.k8s.api.${sub.group.split(".")[0]}.${sub.version}.${sub.kind}`;
}

/** A kind with its article; what sounds like many has none. */
const aKind = (kind: string): string =>
  /(?<!s)s$/.test(kind) ? kind : `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
