// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  DecodeError,
  goQuote,
  invalidObject,
  JsonSyntaxError,
  ProtobufError,
  type SchemaRegistry,
  YamlError,
} from "../../apimachinery/index.ts";
import { validateDeleteOptions } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { DeleteOptions } from "../resource-store.ts";
import { BodyShapeError, decodeBody, wrongTypeMeta } from "./decode-body.ts";
import { bodyEncoding, unsupportedMediaType } from "./body-types.ts";
import { boolValue, intValue } from "./query-values.ts";
import { dryRunErrors } from "./write-query.ts";
import { requestBody } from "./request-body.ts";

const DELETE_OPTIONS_TYPE = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

const OTHER_OPTIONS: ReadonlySet<string> = new Set([
  "CreateOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "Status",
]);

interface DeleteFields {
  readonly dryRun?: readonly string[];
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: DeleteOptions["propagationPolicy"];
}

/** The options of other groups and versions are read as these; other kinds are not known here. */
function checkKind(kind: string, apiVersion: string): void {
  if (apiVersion.split("/").length > 2) throw badRequest(`unexpected GroupVersion string: ${apiVersion}`);
  if (kind === "DeleteOptions") return;
  if (OTHER_OPTIONS.has(kind)) throw badRequest("decoded object cannot be converted to DeleteOptions");
  const [quotedKind, quotedVersion] = [goQuote(kind), goQuote(apiVersion)];
  throw badRequest(
    `no kind ${quotedKind} is registered for version ${quotedVersion} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

function fromBody(context: RequestContext, schemas: SchemaRegistry): DeleteFields {
  const encoding = bodyEncoding(context.request.headers["content-type"]);
  if (!encoding) throw unsupportedMediaType();
  const type = { schemas, typeName: DELETE_OPTIONS_TYPE };
  try {
    const { object } = decodeBody(type, context.request.body!, encoding, false);
    checkKind(object.kind || "DeleteOptions", object.apiVersion || "meta.k8s.io/v1");
    return object as unknown as DeleteFields;
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
    }
    if (error instanceof DecodeError) {
      throw badRequest(wrongTypeMeta(context.request.body!, encoding) ?? error.message);
    }
    const unreadable = error instanceof YamlError || error instanceof ProtobufError || error instanceof BodyShapeError;
    if (unreadable) throw badRequest(error.message);
    throw error;
  }
}

function fromQuery(query: URLSearchParams): DeleteFields {
  return {
    dryRun: query.getAll("dryRun"),
    gracePeriodSeconds: intValue(query, "gracePeriodSeconds"),
    orphanDependents: boolValue(query, "orphanDependents"),
    propagationPolicy: (query.get("propagationPolicy") ?? undefined) as DeleteOptions["propagationPolicy"],
  };
}

/** Reads and checks what a delete request says, in its body or else in its query. */
export function readDeleteOptions(context: RequestContext, schemas: SchemaRegistry): DeleteOptions {
  const hasBody = requestBody(context.request).length > 0;
  const fields = hasBody ? fromBody(context, schemas) : fromQuery(context.info.query);
  const options: DeleteOptions = {
    user: context.user,
    userAgent: context.request.headers["user-agent"],
    warnings: context.warnings,
    traceId: context.traceId,
    get signal() {
      return context.request.signal;
    },
    dryRun: (fields.dryRun?.length ?? 0) > 0,
    gracePeriodSeconds: fields.gracePeriodSeconds,
    orphanDependents: fields.orphanDependents,
    propagationPolicy: fields.propagationPolicy,
    preconditions: fields.preconditions,
    requestOptions: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...fields },
  };
  validateDeleteOptions(options);
  const errors = dryRunErrors(fields.dryRun ?? []);
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return options;
}
