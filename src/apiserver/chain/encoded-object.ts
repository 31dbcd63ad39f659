// SPDX-License-Identifier: Apache-2.0

import {
  encodeJson,
  encodeProtobuf,
  formatYaml,
  type KubeObject,
  type SchemaRegistry,
  type Status,
} from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { CONTENT_TYPES, isPretty, negotiate, type Negotiated } from "../endpoints/media-types.ts";
import type { RequestContext } from "../request-context.ts";

const encoder = new TextEncoder();
const INDENT = 2;

/** An object that is no stored one, in the encoding that was negotiated. */
export function encodedObject(
  context: RequestContext,
  status: number,
  object: object,
  options: { readonly wanted: Negotiated; readonly schemas: SchemaRegistry; readonly typeName: string },
): ApiResponse {
  const { wanted, schemas, typeName } = options;
  const headers = { "content-type": CONTENT_TYPES[wanted.encoding] };
  if (wanted.encoding === "protobuf") {
    const bytes = encodeProtobuf(schemas, typeName, object as KubeObject);
    return { status, headers, body: { type: "bytes", bytes } };
  }
  const text = wanted.encoding === "yaml" ? formatYaml(object) : jsonText(object, isPretty(context, wanted));
  return { status, headers, body: { type: "bytes", bytes: encoder.encode(text) } };
}

/** JSON as upstream writes it: indented it has no line end. */
const jsonText = (object: object, pretty: boolean): string =>
  pretty ? JSON.stringify(object, undefined, INDENT) : `${encodeJson(object)}\n`;

const STATUS_TYPE = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

/** For those who accept nothing that there is: upstream indents it then. */
const UNNEGOTIATED: Negotiated = { encoding: "json", shape: "object", metaVersion: "", pretty: true };

/** A failure as the client wants to read it. */
export function encodedStatus(context: RequestContext, status: Status, schemas: SchemaRegistry): ApiResponse {
  const wanted = negotiate(context.request.headers["accept"], "plain") ?? UNNEGOTIATED;
  const response = encodedObject(context, status.code ?? 500, status, { wanted, schemas, typeName: STATUS_TYPE });
  const seconds = status.details?.retryAfterSeconds;
  if (!seconds) return response;
  return { ...response, headers: { ...response.headers, "retry-after": String(seconds) } };
}
