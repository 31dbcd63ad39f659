// SPDX-License-Identifier: Apache-2.0

import { compactSchema } from "../../api/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import type { PathHandler, PathRouter } from "../chain/path-router.ts";
import type { DiscoveryPaths } from "../discovery/discovery-paths.ts";
import type { ServedGroup } from "../discovery/resource-lists.ts";
import { sha256Hex } from "../discovery/sha256.ts";
import type { RequestContext } from "../request-context.ts";
import { serverVersion } from "../server-version.ts";
import {
  documentAnswer,
  noDocument,
  noForm,
  V2_FORMS,
  V3_FORMS,
  wantedForm,
  type Document,
  type DocumentForm,
} from "./document-forms.ts";
import { DocumentV2 } from "./document-v2.ts";
import { encodeDocumentV2 } from "./document-v2-protobuf.ts";
import { DocumentV3 } from "./document-v3.ts";
import { encodeDocumentV3 } from "./document-v3-protobuf.ts";
import { httpDate } from "./http-date.ts";
import { SERVER_PATHS } from "./service-operations.ts";
import { textDigest } from "./text-digest.ts";
import type { Descriptions, Json } from "./type-schemas.ts";

/** Documents are large and seldom asked for: only the last few are kept. */
const KEPT_DOCUMENTS = 4;
const ROOT = "/openapi/v3/";
const YEAR_MS = 365 * 24 * 3600 * 1000;

const encoder = new TextEncoder();
const encodeJson = (document: Json): Uint8Array => encoder.encode(JSON.stringify(document));

/** `api/v1`, `apis/apps/v1`: how the index names the document of a group version. */
const pathOf = (group: string, version: string): string => (group ? `apis/${group}/${version}` : `api/${version}`);

/** A document of the index: what it depends on, and how it is made. */
interface Entry {
  readonly facts: unknown;
  make(documents: DocumentV3): Json;
}

function groupEntries({ name, versions }: ServedGroup): [string, Entry][] {
  const ofVersions = versions.map(({ version, kinds }): [string, Entry] => [
    pathOf(name, version),
    {
      facts: kinds.map(({ kind, resource, type }) => [kind, resource, type]),
      make: (documents) => documents.groupVersion(name, version, kinds),
    },
  ]);
  const own: Entry = { facts: [], make: (documents) => documents.group(name) };
  return [[name ? `apis/${name}` : "api", own], ...ofVersions];
}

const serverEntries = (): [string, Entry][] =>
  Object.keys(SERVER_PATHS).map((path) => [path, { facts: [], make: (documents) => documents.server(path) }]);

/** What the paths are made of. The descriptions are large and seldom wanted: they are asked for when they are. */
export interface OpenApiParts {
  readonly discovery: DiscoveryPaths;
  readonly clock: Clock;
  readonly descriptions: () => Descriptions;
}

/** OpenAPI documents of both versions, made when they are asked for. */
export class OpenApiPaths {
  readonly #parts: OpenApiParts;
  readonly #documents = new Map<string, Document>();
  #sources: string | undefined;
  #groups: readonly ServedGroup[] | undefined;
  #entries = new Map<string, Entry>();
  #hashes = new Map<string, string>();
  #changedAtMs = 0;

  constructor(parts: OpenApiParts) {
    this.#parts = parts;
  }

  register(router: PathRouter): void {
    router.exact("/openapi/v3", () => this.#index());
    router.prefix(ROOT, this.#versionThree);
    router.exact("/openapi/v2", (context) => this.#versionTwo(context));
  }

  /** Looks what is served now, and forgets what was said of other times. */
  #refresh(): readonly ServedGroup[] {
    const { groups } = this.#parts.discovery;
    if (groups !== this.#groups) {
      this.#groups = groups;
      this.#changedAtMs = this.#parts.clock.nowMs();
      const entries = [...serverEntries(), ...groups.flatMap(groupEntries)];
      this.#entries = new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
      this.#hashes.clear();
    }
    return groups;
  }

  /** Changes when a document does; made without making the document. */
  #hashOf(path: string, { facts }: Entry): string {
    this.#sources ??= textDigest(
      JSON.stringify({ serverVersion, schema: compactSchema(), texts: this.#parts.descriptions() }),
    );
    let hash = this.#hashes.get(path);
    if (hash === undefined) {
      hash = sha256Hex(encoder.encode(JSON.stringify([this.#sources, path, facts])));
      this.#hashes.set(path, hash);
    }
    return hash;
  }

  #index(): ApiResponse {
    this.#refresh();
    const paths: Json = {};
    for (const [path, entry] of this.#entries) {
      paths[path] = { serverRelativeURL: `${ROOT}${path}?hash=${this.#hashOf(path, entry)}` };
    }
    const headers = {
      "content-type": "text/plain; charset=utf-8",
      "last-modified": httpDate(this.#changedAtMs),
    };
    return { status: 200, headers, body: { type: "bytes", bytes: encodeJson({ paths }) } };
  }

  readonly #versionThree: PathHandler = (context) => {
    this.#refresh();
    const path = context.info.path.slice(ROOT.length);
    const entry = this.#entries.get(path);
    if (!entry) return noDocument();
    const form = wantedForm(context.request.headers["accept"], V3_FORMS);
    if (!form) return noForm();
    const hash = this.#hashOf(path, entry);
    const asked = context.info.query.get("hash");
    if (asked && asked !== hash) return movedTo(`${ROOT}${path}?hash=${hash}`, `"${hash}"`, form);
    const make = () => entry.make(new DocumentV3(compactSchema(), this.#parts.descriptions()));
    const document = this.#document(`v3 ${form.name} ${hash}`, `"${hash}"`, () =>
      form.name === "json" ? encodeJson(make()) : encodeDocumentV3(make()),
    );
    const expires = httpDate(this.#parts.clock.nowMs() + YEAR_MS);
    return documentAnswer(context, document, {
      "content-type": form.contentType,
      ...(asked ? { "cache-control": "public, immutable", expires } : {}),
    });
  };

  #versionTwo(context: RequestContext): ApiResponse {
    const form = wantedForm(context.request.headers["accept"], V2_FORMS);
    if (!form) return noForm();
    const groups = this.#refresh();
    const facts = [...this.#entries.values()].map((entry) => entry.facts);
    const hash = this.#hashOf("v2", { facts, make: () => ({}) });
    const make = () => new DocumentV2(compactSchema(), this.#parts.descriptions()).all(groups, "1.35");
    const document = this.#document(`v2 ${form.name} ${hash}`, `"${hash}"`, () =>
      form.name === "json" ? encodeJson(make()) : encodeDocumentV2(make()),
    );
    return documentAnswer(context, document, { "content-type": form.contentType });
  }

  #document(key: string, etag: string, make: () => Uint8Array): Document {
    const known = this.#documents.get(key);
    if (known) return known;
    const document = { bytes: make(), etag, madeAtMs: this.#changedAtMs };
    if (this.#documents.size >= KEPT_DOCUMENTS) this.#documents.delete(this.#documents.keys().next().value!);
    this.#documents.set(key, document);
    return document;
  }
}

/** Where the document of today is: the one that was asked for is of another day. */
const movedTo = (location: string, etag: string, { contentType }: DocumentForm): ApiResponse => ({
  status: 301,
  headers: { location, etag, "content-type": contentType, vary: "Accept" },
  body: { type: "empty" },
});
