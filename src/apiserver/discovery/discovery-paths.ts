// SPDX-License-Identifier: Apache-2.0

import { resourceNotFound } from "../endpoints/status-answer.ts";
import type { Kind } from "../../api/index.ts";
import type { SchemaRegistry } from "../../apimachinery/index.ts";
import { assert } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { encodedObject } from "../chain/encoded-object.ts";
import type { PathHandler, PathRouter } from "../chain/path-router.ts";
import { CONTENT_TYPES, negotiateAnswer, type Encoding } from "../endpoints/media-types.ts";
import { routedPath } from "../endpoints/routed-path.ts";
import type { KindRegistry } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import { aggregatedEncoding, groupDiscoveryList } from "./aggregated-discovery.ts";
import {
  coreVersions,
  groupList,
  groupObject,
  resourceList,
  servedGroups,
  type ServedGroup,
} from "./resource-lists.ts";
import { sha256Hex } from "./sha256.ts";

export interface DiscoveryParts {
  readonly registry: KindRegistry;
  readonly schemas: SchemaRegistry;
  /** `ADDRESS:PORT`, as /api tells clients. */
  readonly serverAddress: string;
  /** The kind in the version in which its objects are stored. */
  storedAs(kind: Kind): Kind;
}

const encoder = new TextEncoder();
const DISCOVERY_LIST = "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

interface Document {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Discovery in both shapes, made from what is served now and remembered until that changes. */
export class DiscoveryPaths {
  readonly #parts: DiscoveryParts;
  #generation = -1;
  #groups: readonly ServedGroup[] = [];
  #documents = new Map<string, Document>();

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  register(router: PathRouter): void {
    router.withSlashes("/api", routedPath("object", this.#core));
    router.prefix("/api/", this.#coreVersion);
    // The aggregator answers for groups; its own paths know neither methods nor types.
    router.withSlash("/apis", (context) => this.#root(context, "apis", () => groupList(this.groups)));
    router.prefix("/apis/", this.#group);
  }

  /** What is served now, in discovery's order. */
  get groups(): readonly ServedGroup[] {
    const { generation } = this.#parts.registry;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#groups = servedGroups(this.#parts.registry.all().map(({ kind }) => kind));
      this.#documents.clear();
    }
    return this.#groups;
  }

  /** The paths of groups and versions, as `/` lists them. */
  get paths(): string[] {
    return this.groups.flatMap(({ name, versions }) =>
      name === ""
        ? versions.map(({ version }) => `/api/${version}`)
        : [`/apis/${name}`, ...versions.map(({ version }) => `/apis/${name}/${version}`)],
    );
  }

  #respond(context: RequestContext, object: { readonly kind: string }): ApiResponse {
    const wanted = negotiateAnswer(context, "plain");
    const typeName = `${META}.${object.kind}`;
    return encodedObject(context, 200, object, { wanted, schemas: this.#parts.schemas, typeName });
  }

  #coreVersions() {
    return coreVersions(this.groups, this.#parts.serverAddress);
  }

  #root(context: RequestContext, part: "api" | "apis", legacy: () => { readonly kind: string }): ApiResponse {
    const encoding = aggregatedEncoding(context.request.headers["accept"]);
    if (!encoding) return this.#respond(context, legacy());
    const document = this.#document(context, part, encoding);
    const headers = {
      "content-type": `${CONTENT_TYPES[encoding]};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`,
      "cache-control": "public",
      etag: document.etag,
      vary: "Accept",
    };
    if (context.request.headers["if-none-match"] === document.etag) {
      return { status: 304, headers, body: { type: "empty" } };
    }
    return { status: 200, headers, body: { type: "bytes", bytes: document.bytes } };
  }

  #document(context: RequestContext, part: "api" | "apis", encoding: Encoding): Document {
    const groups = this.groups.filter(({ name }) => (name === "") === (part === "api"));
    const key = `${part}/${encoding}`;
    let document = this.#documents.get(key);
    if (!document) {
      const object = groupDiscoveryList(groups);
      const wanted = { encoding, shape: "object", metaVersion: "", pretty: false } as const;
      const options = { wanted, schemas: this.#parts.schemas, typeName: DISCOVERY_LIST };
      const { body } = encodedObject(context, 200, object, options);
      assert(body.type === "bytes", "an encoded object has bytes");
      document = { bytes: body.bytes, etag: `"${sha256Hex(encoder.encode(JSON.stringify(object)))}"` };
      this.#documents.set(key, document);
    }
    return document;
  }

  readonly #core: PathHandler = (context) => this.#root(context, "api", () => this.#coreVersions());

  readonly #coreVersion: PathHandler = (context) => {
    const [, , version, more] = context.info.path.split("/");
    const core = this.groups.find(({ name }) => name === "");
    const found = core?.versions.find((candidate) => candidate.version === version);
    if (!found || more) throw resourceNotFound();
    return this.#resources(context, "", found);
  };

  readonly #group: PathHandler = (context) => {
    const [, , name, version, more] = context.info.path.split("/");
    const group = this.groups.find((candidate) => candidate.name === name);
    if (!name || !group || more) return undefined;
    if (!version) {
      const answer = (): ApiResponse => this.#respond(context, groupObject(group));
      // With more slashes than one it is not the aggregator that answers.
      return context.info.path.endsWith("//") ? routedPath("object", answer)(context) : answer();
    }
    const found = group.versions.find((candidate) => candidate.version === version);
    if (!found) throw resourceNotFound();
    return this.#resources(context, name, found);
  };

  #resources(context: RequestContext, group: string, version: ServedGroup["versions"][number]) {
    const list: PathHandler = () => this.#respond(context, resourceList(group, version, this.#parts.storedAs));
    return routedPath("object", list)(context);
  }
}
