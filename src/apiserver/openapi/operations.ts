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
}

/** The operations of one path, and the parameters that they share. */
export interface PathOperations {
  readonly path: string;
  readonly shared: readonly string[];
  /** What the name in the path names. */
  readonly named?: string;
  readonly operations: readonly Operation[];
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
export const PATCH_TYPE = `${META}.Patch`;
const STATUS: Payload = { type: "object", typeName: `${META}.Status` };
const WATCH_EVENT: Payload = { type: "object", typeName: `${META}.WatchEvent` };
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

const sorted = (...names: readonly string[]): string[] => [...names].sort();
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `apps/v1` → `AppsV1`, as operation ids have it. */
export const groupVersionId = (group: string, version: string): string =>
  capital((group || "core").split(".")[0]!.replaceAll("-", "")) + capital(version);

const object = (typeName: string): Payload => ({ type: "object", typeName });

/** All operations on one kind. */
export class KindOperations {
  readonly #kind: Kind;
  readonly #id: string;
  readonly #base: string;
  readonly #scope: string;
  readonly #gvk: NonNullable<Operation["kind"]>;

  constructor(kind: Kind) {
    const { group, version, namespaced } = kind;
    this.#kind = kind;
    this.#id = groupVersionId(group, version);
    this.#base = group ? `/apis/${group}/${version}` : `/api/${version}`;
    this.#scope = namespaced ? "Namespaced" : "";
    this.#gvk = { group, version, kind: kind.kind };
  }

  paths(): PathOperations[] {
    const { namespaced, resource } = this.#kind;
    const collection = `${this.#base}${namespaced ? "/namespaces/{namespace}" : ""}/${resource}`;
    const place = namespaced ? ["namespace"] : [];
    const paths = [
      { path: collection, shared: sorted(...place, "pretty"), operations: this.#collection() },
      {
        path: `${collection}/{name}`,
        shared: sorted("name", ...place, "pretty"),
        named: this.#kind.kind,
        operations: this.#item(),
      },
      ...subresourcesOf(this.#kind).flatMap((sub) => this.#subresource(collection, place, sub)),
      ...(namespaced ? this.#everywhere() : []),
      ...this.#watches(collection, place),
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
    return { kind: this.#gvk, parameters: [], codes: [], ...operation };
  }

  #collection(): Operation[] {
    const { kind, type } = this.#kind;
    const operations: Operation[] = [];
    if (this.#has("list")) {
      operations.push(
        this.#operation({
          method: "get",
          id: `list${this.#id}${this.#scope}${kind}`,
          description: `list or watch objects of kind ${kind}`,
          action: "list",
          parameters: this.#has("watch") ? LIST_PARAMETERS : sorted(...LIST_PARAMETERS),
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
          description: `create ${article(kind)} ${kind}`,
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
          parameters: sorted(
            ...LIST_PARAMETERS.filter((name) => name !== "allowWatchBookmarks" && name !== "watch"),
            ...DELETE_PARAMETERS,
          ),
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
          description: `delete ${article(kind)} ${kind}`,
          action: "delete",
          parameters: DELETE_PARAMETERS,
          body: { typeName: `${META}.DeleteOptions`, required: false },
          answer: this.#kind.returnDeletedObject ? object(type) : STATUS,
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
      parameters: WRITE_PARAMETERS,
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
      parameters: [...WRITE_PARAMETERS, "force"],
      body: { typeName: PATCH_TYPE, required: true },
      answer: object(typeName),
      codes: [201],
    });
  }

  #subresource(collection: string, place: readonly string[], sub: SubresourceInfo): PathOperations[] {
    const path = `${collection}/{name}/${sub.name}`;
    const gvk = { group: sub.group ?? this.#gvk.group, version: sub.version ?? this.#gvk.version, kind: sub.kind };
    const suffix = this.#kind.kind + capital(sub.name);
    const shared = sorted("name", ...place, "pretty");
    if (sub.kind.endsWith("Options")) {
      const connect = {
        path,
        shared: sorted("name", ...place),
        named: sub.kind,
        operations: this.#connect(sub, gvk, ""),
      };
      if (sub.name !== "proxy") return [connect];
      const operations = this.#connect(sub, gvk, "WithPath");
      return [connect, { ...connect, path: `${path}/{path}`, shared: sorted("name", ...place, "path"), operations }];
    }
    const typeName = schemaTypeOf(this.#kind, sub);
    const of = `${sub.name} of `;
    const operations: Operation[] = [];
    const verbs = new Set(sub.verbs);
    if (verbs.has("get")) {
      const read = this.#read(typeName, suffix, of, gvk);
      operations.push(sub.name === "log" ? { ...read, answer: TEXT } : read);
    }
    if (verbs.has("update")) operations.push(this.#replace(typeName, suffix, of, gvk));
    if (verbs.has("create")) {
      operations.push(
        this.#operation({
          method: "post",
          id: `create${this.#id}${this.#scope}${suffix}`,
          description: `create ${of}${article(this.#kind.kind)} ${this.#kind.kind}`,
          action: "post",
          kind: gvk,
          parameters: WRITE_PARAMETERS,
          body: { typeName, required: true },
          answer: object(typeName),
          codes: [201, 202],
        }),
      );
    }
    if (verbs.has("patch")) operations.push(this.#patch(typeName, suffix, of, gvk));
    return [{ path, shared, named: sub.name === "scale" ? "Scale" : gvk.kind, operations }];
  }

  #connect(sub: SubresourceInfo, gvk: NonNullable<Operation["kind"]>, suffix: string): Operation[] {
    const methods: readonly Operation["method"][] =
      sub.name === "proxy" ? ["get", "put", "post", "delete", "options", "head", "patch"] : ["get", "post"];
    return methods.map((method) =>
      this.#operation({
        method,
        id: `connect${this.#id}${capital(method)}${this.#scope}${this.#kind.kind}${capital(sub.name)}${suffix}`,
        description: `connect ${method.toUpperCase()} requests to ${sub.name} of ${this.#kind.kind}`,
        action: "connect",
        kind: gvk,
        answer: TEXT,
      }),
    );
  }

  #everywhere(): PathOperations[] {
    if (!this.#has("list")) return [];
    const { kind, resource, type } = this.#kind;
    const list = this.#operation({
      method: "get",
      id: `list${this.#id}${kind}ForAllNamespaces`,
      description: `list or watch objects of kind ${kind}`,
      action: "list",
      answer: object(`${type}List`),
      streams: true,
    });
    return [{ path: `${this.#base}/${resource}`, shared: sorted(...LIST_PARAMETERS, "pretty"), operations: [list] }];
  }

  #watches(collection: string, place: readonly string[]): PathOperations[] {
    if (!this.#has("watch")) return [];
    const { kind, resource, namespaced } = this.#kind;
    const watch = (id: string, single: boolean): Operation =>
      this.#operation({
        method: "get",
        id,
        description: single
          ? `watch changes to an object of kind ${kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`
          : `watch individual changes to a list of ${kind}. deprecated: use the 'watch' parameter with a list operation instead.`,
        action: single ? "watch" : "watchlist",
        answer: WATCH_EVENT,
        streams: true,
      });
    const watched = collection.replace(this.#base, `${this.#base}/watch`);
    const stem = `watch${this.#id}${this.#scope}${kind}`;
    return [
      {
        path: watched,
        shared: sorted(...LIST_PARAMETERS, ...place, "pretty"),
        operations: [watch(`${stem}List`, false)],
      },
      {
        path: `${watched}/{name}`,
        shared: sorted(...LIST_PARAMETERS, "name", ...place, "pretty"),
        named: kind,
        operations: [watch(stem, true)],
      },
      ...(namespaced
        ? [
            {
              path: `${this.#base}/watch/${resource}`,
              shared: sorted(...LIST_PARAMETERS, "pretty"),
              operations: [watch(`watch${this.#id}${kind}ListForAllNamespaces`, false)],
            },
          ]
        : []),
    ];
  }
}

/** The schema's name of what a subresource takes and gives. */
function schemaTypeOf(kind: Kind, sub: SubresourceInfo): string {
  if (sub.kind === kind.kind) return kind.type;
  if (!sub.group) return kind.type.replace(/\.[^.]+$/, `.${sub.kind}`);
  return `io.k8s.api.${sub.group.split(".")[0]}.${sub.version}.${sub.kind}`;
}

const article = (kind: string): string => (/^[AEIOU]/.test(kind) ? "an" : "a");
