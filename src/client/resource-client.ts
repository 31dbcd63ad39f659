// SPDX-License-Identifier: Apache-2.0

import type { KubeList, KubeObject, Status } from "../apimachinery/index.ts";
import { jsonBytes, type Requester } from "./requester.ts";
import {
  apiVersionOf,
  collectionPath,
  objectPath,
  type ApiObject,
  type ResourceReference,
  type Stored,
} from "./resource-reference.ts";
import { decodeWatchBatches, type WatchEvent } from "./watch-event.ts";

/** How a patch is written. */
export type PatchType = "json" | "merge" | "strategic" | "apply";

const PATCH_CONTENT: Readonly<Record<PatchType, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Which of the three forms of an object a read wants; whole unless said. */
export type ObjectForm = "whole" | "metadata";

export interface ReadOptions {
  readonly signal: AbortSignal;
  readonly resourceVersion?: string;
  readonly form?: ObjectForm;
}

export interface ListOptions extends ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface WatchOptions extends ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
  readonly sendInitialEvents?: boolean;
  readonly resourceVersionMatch?: "NotOlderThan";
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly dryRun?: boolean;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: string;
  /** Takes over fields that others own (apply only). */
  readonly force?: boolean;
}

export interface DeleteOptions {
  readonly signal: AbortSignal;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Orphan" | "Background" | "Foreground";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: boolean;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

function withQuery(path: string, query: Query): string {
  let text = "";
  for (const key in query) {
    const value = query[key];
    if (value === undefined || value === "") continue;
    text += `${text ? "&" : "?"}${key}=${encodeURIComponent(value)}`;
  }
  return path + text;
}

const writeQuery = (options: WriteOptions): Query => ({
  fieldManager: options.fieldManager,
  fieldValidation: options.fieldValidation,
  dryRun: options.dryRun ? "All" : undefined,
});

const JSON_BODY = { "content-type": "application/json" };
const METADATA_ACCEPT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST_ACCEPT = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

const acceptHeaders = (options: ReadOptions, metadata: string): Record<string, string> =>
  options.form === "metadata" ? { accept: metadata } : {};

function deleteBody(options: DeleteOptions): Uint8Array {
  return jsonBytes({
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: options.gracePeriodSeconds,
    propagationPolicy: options.propagationPolicy,
    preconditions: options.preconditions,
    dryRun: options.dryRun ? ["All"] : undefined,
  });
}

/** Reads and writes the objects of one kind, in one namespace or in all. */
export class ResourceClient<T extends ApiObject> {
  readonly #client: Requester;
  readonly #reference: ResourceReference<T>;
  readonly #namespace: string;

  constructor(client: Requester, reference: ResourceReference<T>, namespace = "") {
    this.#client = client;
    this.#reference = reference;
    this.#namespace = namespace;
  }

  get reference(): ResourceReference<T> {
    return this.#reference;
  }

  /** The same kind in one namespace (all when empty). */
  namespace(namespace: string): ResourceClient<T> {
    return new ResourceClient(this.#client, this.#reference, namespace);
  }

  get(name: string, options: ReadOptions): Promise<Stored<T>> {
    const path = withQuery(this.#path(name), { resourceVersion: options.resourceVersion });
    return this.#client.requestJson("GET", path, {
      signal: options.signal,
      headers: acceptHeaders(options, METADATA_ACCEPT),
    });
  }

  async list(options: ListOptions): Promise<KubeList<Stored<T>>> {
    const path = withQuery(this.#collection(), {
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit: options.limit,
      continue: options.continue,
      resourceVersion: options.resourceVersion,
      resourceVersionMatch: options.resourceVersionMatch,
    });
    const list: KubeList<Stored<T>> = await this.#client.requestJson("GET", path, {
      signal: options.signal,
      headers: acceptHeaders(options, METADATA_LIST_ACCEPT),
    });
    // An empty list may come as null.
    return (list.items as readonly unknown[] | null) ? list : { ...list, items: [] };
  }

  create(object: T, options: WriteOptions): Promise<Stored<T>> {
    return this.#write("POST", this.#collection(), object, options);
  }

  /** Replaces the object; its resourceVersion, when there, must be the current one. */
  update(object: T, options: WriteOptions): Promise<Stored<T>> {
    return this.#write("PUT", this.#path(nameOf(object)), object, options);
  }

  updateStatus(object: T, options: WriteOptions): Promise<Stored<T>> {
    return this.#write("PUT", this.#path(nameOf(object), "status"), object, options);
  }

  patch(name: string, type: PatchType, patch: unknown, options: PatchOptions): Promise<Stored<T>> {
    const query = { ...writeQuery(options), force: options.force };
    return this.#client.requestJson("PATCH", withQuery(this.#path(name, options.subresource), query), {
      signal: options.signal,
      headers: { "content-type": PATCH_CONTENT[type] },
      body: jsonBytes(patch),
    });
  }

  /** Server-side apply of the fields that the object names. */
  apply(object: T, options: PatchOptions & { readonly fieldManager: string }): Promise<Stored<T>> {
    return this.patch(nameOf(object), "apply", this.#typed(object), options);
  }

  /** Deletes; the answer is the object that is still there (finalizers, grace) or a Status. */
  delete(name: string, options: DeleteOptions): Promise<Stored<T> | Status> {
    return this.#client.requestJson("DELETE", this.#path(name), {
      signal: options.signal,
      headers: JSON_BODY,
      body: deleteBody(options),
    });
  }

  deleteCollection(
    options: DeleteOptions & { readonly labelSelector?: string; readonly fieldSelector?: string },
  ): Promise<KubeList<Stored<T>> | Status> {
    const query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
    return this.#client.requestJson("DELETE", withQuery(this.#collection(), query), {
      signal: options.signal,
      headers: JSON_BODY,
      body: deleteBody(options),
    });
  }

  /** Follows changes until the server ends the watch; leaving the loop ends the request. */
  async *watch(options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    for await (const events of this.watchBatches(options)) yield* events;
  }

  /** As watch(), with all events that arrived together at a time: for those who follow many. */
  async *watchBatches(options: WatchOptions): AsyncGenerator<readonly WatchEvent<T>[]> {
    const path = withQuery(this.#collection(), {
      watch: true,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: options.allowWatchBookmarks,
      timeoutSeconds: options.timeoutSeconds,
      sendInitialEvents: options.sendInitialEvents,
      resourceVersionMatch: options.resourceVersionMatch,
    });
    const left = new AbortController();
    const onAbort = () => left.abort(options.signal.reason);
    options.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const headers = acceptHeaders(options, METADATA_ACCEPT);
      options.signal.throwIfAborted();
      const response = await this.#client.request("GET", path, { signal: left.signal, headers });
      yield* decodeWatchBatches<T>(response.sharedChunks?.() ?? response.chunks());
    } finally {
      options.signal.removeEventListener("abort", onAbort);
      left.abort(new Error("Watch was left"));
    }
  }

  /** Posts to a subresource of one object; typed by the caller. */
  createSubresource<B, R>(name: string, subresource: string, body: B, options: WriteOptions): Promise<R> {
    return this.#client.requestJson("POST", withQuery(this.#path(name, subresource), writeQuery(options)), {
      signal: options.signal,
      headers: JSON_BODY,
      body: jsonBytes(body),
    });
  }

  getSubresource<R>(name: string, subresource: string, options: ReadOptions): Promise<R> {
    return this.#client.requestJson("GET", this.#path(name, subresource), { signal: options.signal });
  }

  updateSubresource<B, R>(name: string, subresource: string, body: B, options: WriteOptions): Promise<R> {
    return this.#client.requestJson("PUT", withQuery(this.#path(name, subresource), writeQuery(options)), {
      signal: options.signal,
      headers: JSON_BODY,
      body: jsonBytes(body),
    });
  }

  /** Gives a pod its node, by compare-and-swap of uid when given. */
  bind(name: string, nodeName: string, options: WriteOptions & { readonly uid?: string }): Promise<Status> {
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name, namespace: this.#namespace, ...(options.uid ? { uid: options.uid } : {}) },
      target: { kind: "Node", name: nodeName },
    };
    return this.createSubresource(name, "binding", binding, options);
  }

  /** Deletes a pod if its disruption budgets allow it. */
  evict(name: string, options: WriteOptions & { readonly gracePeriodSeconds?: number }): Promise<Status> {
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace: this.#namespace },
      deleteOptions: { gracePeriodSeconds: options.gracePeriodSeconds },
    };
    return this.createSubresource(name, "eviction", eviction, options);
  }

  /** Asks for a token of a service account. */
  createToken(name: string, spec: TokenRequestSpec, options: WriteOptions): Promise<TokenRequest> {
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec };
    return this.createSubresource(name, "token", request, options);
  }

  getScale(name: string, options: ReadOptions): Promise<Scale> {
    return this.getSubresource(name, "scale", options);
  }

  updateScale(scale: Scale, options: WriteOptions): Promise<Scale> {
    return this.updateSubresource(nameOf(scale), "scale", scale, options);
  }

  #path(name: string, subresource?: string): string {
    return objectPath(this.#reference, this.#namespace, name, subresource);
  }

  #collection(): string {
    return collectionPath(this.#reference, this.#namespace);
  }

  #typed(object: T): T {
    if (object.apiVersion && object.kind) return object;
    return { apiVersion: apiVersionOf(this.#reference), kind: this.#reference.kind, ...object };
  }

  #write(method: string, path: string, object: T, options: WriteOptions): Promise<Stored<T>> {
    return this.#client.requestJson(method, withQuery(path, writeQuery(options)), {
      signal: options.signal,
      headers: JSON_BODY,
      body: jsonBytes(this.#typed(object)),
    });
  }
}

/** The part of an object that scale and its controller share (autoscaling/v1). */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

export interface TokenRequestSpec {
  audiences?: readonly string[];
  expirationSeconds?: number;
  boundObjectRef?: { apiVersion: string; kind: string; name: string; uid: string };
}

export interface TokenRequest extends KubeObject {
  spec: TokenRequestSpec;
  status?: { token: string; expirationTimestamp: string };
}

function nameOf(object: ApiObject): string {
  const name = object.metadata?.name;
  if (!name) throw new Error("Object has no metadata.name: create it, or read it first");
  return name;
}
