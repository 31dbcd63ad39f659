// SPDX-License-Identifier: Apache-2.0

import type { Requester } from "./requester.ts";
import type { ResourceReference } from "./resource-reference.ts";

/** A resource that the server serves now, in the version that it prefers. */
export interface ServedResource {
  readonly reference: ResourceReference;
  readonly verbs: readonly string[];
}

interface AggregatedDiscovery {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind?: string };
        readonly scope?: string;
        readonly verbs?: readonly string[];
      }[];
    }[];
  }[];
}

const ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const decoder = new TextDecoder();

interface Document {
  readonly etag: string;
  readonly resources: readonly ServedResource[];
}

/** Each resource once, in the first version that has it: servers name the preferred version first. */
function resourcesOf(document: AggregatedDiscovery): ServedResource[] {
  const found: ServedResource[] = [];
  for (const group of document.items ?? []) {
    const name = group.metadata?.name ?? "";
    const seen = new Set<string>();
    for (const { version, resources = [] } of group.versions ?? []) {
      for (const { resource, responseKind, scope, verbs = [] } of resources) {
        if (seen.has(resource)) continue;
        seen.add(resource);
        const kind = responseKind?.kind ?? "";
        found.push({ reference: { group: name, version, resource, kind, namespaced: scope === "Namespaced" }, verbs });
      }
    }
  }
  return found;
}

/** Finds out what a server serves; asks again cheaply, since an unchanged answer is not sent twice. */
export class Discovery {
  readonly #requester: Requester;
  readonly #documents = new Map<string, Document>();

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  /** All resources in their preferred versions. */
  async resources(options: { readonly signal: AbortSignal }): Promise<readonly ServedResource[]> {
    const [core, groups] = await Promise.all([this.#read("/api", options), this.#read("/apis", options)]);
    return [...core.resources, ...groups.resources];
  }

  async #read(path: string, { signal }: { readonly signal: AbortSignal }): Promise<Document> {
    const known = this.#documents.get(path);
    const headers = { accept: ACCEPT, ...(known?.etag ? { "if-none-match": known.etag } : {}) };
    const response = await this.#requester.request("GET", path, { signal, headers });
    if (response.status === 304 && known) return known;
    const parsed = JSON.parse(decoder.decode(await response.bytes())) as AggregatedDiscovery;
    const etag = response.headers["etag"];
    const document = { etag: typeof etag === "string" ? etag : "", resources: resourcesOf(parsed) };
    this.#documents.set(path, document);
    return document;
  }
}
