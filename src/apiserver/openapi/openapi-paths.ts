// SPDX-License-Identifier: Apache-2.0

import { compactSchema } from "../../api/index.ts";
import { StatusError } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { PathHandler, PathRouter } from "../chain/path-router.ts";
import type { DiscoveryPaths } from "../discovery/discovery-paths.ts";
import type { ServedGroup, VersionOfGroup } from "../discovery/resource-lists.ts";
import { sha256Hex } from "../discovery/sha256.ts";
import type { RequestContext } from "../request-context.ts";
import { serverVersion } from "../server-version.ts";
import { DocumentV2 } from "./document-v2.ts";
import { encodeDocumentV2 } from "./document-v2-protobuf.ts";
import { DocumentV3 } from "./document-v3.ts";
import type { Descriptions, Json } from "./type-schemas.ts";

/** Documents are large and seldom asked for: only the last few are kept. */
const KEPT_DOCUMENTS = 4;
const IMMUTABLE = "public, immutable";

const encoder = new TextEncoder();

interface Document {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** `api/v1`, `apis/apps/v1`: how the index names the document of a group version. */
const pathOf = (group: string, version: string): string => (group ? `apis/${group}/${version}` : `api/${version}`);

const JSON_TYPE = "application/json";
/** The protobuf form of the v2 document; the older name has an @, which is no legal media type. */
const PROTOBUF_V2 = /application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/;
const PROTOBUF_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** Which form of the v2 document a client wants: the one that it names first. */
function formOfV2(context: RequestContext): "json" | "protobuf" | undefined {
  for (const range of (context.request.headers["accept"] ?? "*/*").split(",")) {
    if (PROTOBUF_V2.test(range)) return "protobuf";
    if (/json|\*/.test(range)) return "json";
  }
  return undefined;
}

/** OpenAPI documents of both versions, made when they are asked for. */
export class OpenApiPaths {
  readonly #discovery: DiscoveryPaths;
  readonly #descriptions: () => Descriptions;
  readonly #documents = new Map<string, Document>();

  /** The descriptions are large and seldom wanted: they are asked for when a document is made. */
  constructor(discovery: DiscoveryPaths, descriptions: () => Descriptions) {
    this.#discovery = discovery;
    this.#descriptions = descriptions;
  }

  register(router: PathRouter): void {
    router.exact("/openapi/v3", () => this.#index());
    router.prefix("/openapi/v3/", this.#groupVersion);
    router.exact("/openapi/v2", (context) => this.#swagger(context));
  }

  /** Changes when what is served does; made without making the document. */
  #hashOf(group: string, { version, kinds }: VersionOfGroup): string {
    const names = kinds.map(({ kind, resource, type }) => [kind, resource, type]);
    return sha256Hex(encoder.encode(JSON.stringify([serverVersion.gitVersion, group, version, names])));
  }

  #index(): ApiResponse {
    const paths: Json = {};
    for (const { name, versions } of this.#discovery.groups) {
      for (const version of versions) {
        const path = pathOf(name, version.version);
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hashOf(name, version)}` };
      }
    }
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: { type: "bytes", bytes: encoder.encode(JSON.stringify({ paths })) },
    };
  }

  #find(path: string): { group: ServedGroup; version: VersionOfGroup } | undefined {
    for (const group of this.#discovery.groups) {
      for (const version of group.versions) if (pathOf(group.name, version.version) === path) return { group, version };
    }
    return undefined;
  }

  readonly #groupVersion: PathHandler = (context) => {
    const path = context.info.path.slice("/openapi/v3/".length);
    const found = this.#find(path);
    if (!found) return undefined;
    const hash = this.#hashOf(found.group.name, found.version);
    const asked = context.info.query.get("hash");
    if (asked && asked !== hash) {
      const location = `/openapi/v3/${path}?hash=${hash}`;
      return { status: 301, headers: { location }, body: { type: "empty" } };
    }
    const document = this.#document(`v3 ${hash}`, () => {
      const made = new DocumentV3(compactSchema(), this.#descriptions());
      return made.groupVersion(found.group.name, found.version.version, found.version.kinds);
    });
    return answer(context, document, { type: JSON_TYPE, ...(asked ? { cacheControl: IMMUTABLE } : {}) });
  };

  #swagger(context: RequestContext): ApiResponse {
    const form = formOfV2(context);
    if (!form) {
      throw new StatusError({
        message: `only the following media types are accepted: ${JSON_TYPE}, ${PROTOBUF_V2_TYPE}`,
        reason: "NotAcceptable",
        code: 406,
      });
    }
    const kinds = this.#discovery.groups.flatMap(({ versions }) => versions.flatMap((version) => version.kinds));
    const make = () => new DocumentV2(compactSchema(), this.#descriptions()).all(kinds, serverVersion.gitVersion);
    const encode = form === "json" ? encodeJson : encodeDocumentV2;
    const document = this.#document(`v2 ${form} ${kinds.length}`, make, encode);
    return answer(context, document, { type: form === "json" ? JSON_TYPE : PROTOBUF_V2_TYPE });
  }

  #document(key: string, make: () => Json, encode: (document: Json) => Uint8Array = encodeJson): Document {
    const known = this.#documents.get(key);
    if (known) return known;
    const bytes = encode(make());
    const document = { bytes, etag: `"${sha256Hex(bytes)}"` };
    if (this.#documents.size >= KEPT_DOCUMENTS) this.#documents.delete(this.#documents.keys().next().value!);
    this.#documents.set(key, document);
    return document;
  }
}

const encodeJson = (document: Json): Uint8Array => encoder.encode(JSON.stringify(document));

function answer(
  context: RequestContext,
  { bytes, etag }: Document,
  { type, cacheControl }: { readonly type: string; readonly cacheControl?: string },
): ApiResponse {
  const headers: Record<string, string> = {
    "content-type": type,
    etag,
    vary: "Accept",
    ...(cacheControl ? { "cache-control": cacheControl } : {}),
  };
  if (context.request.headers["if-none-match"] === etag) return { status: 304, headers, body: { type: "empty" } };
  return { status: 200, headers, body: { type: "bytes", bytes } };
}
