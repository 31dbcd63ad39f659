// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  type Decoded,
  DecodeError,
  goQuote,
  isJsonObject,
  JsonSyntaxError,
  type KubeObject,
  ProtobufError,
  type SchemaRegistry,
  type StatusError,
  YamlError,
} from "../../apimachinery/index.ts";
import { addWarning, type KindRegistry } from "../registry/index.ts";
import type { RequestContext } from "../request-context.ts";
import { BodyShapeError, decodeBody, strictWarnings, wrongTypeMeta } from "./decode-body.ts";
import { type Identity, identityProblem, splitApiVersion } from "./body-identity.ts";
import { bodyEncoding, unsupportedMediaType } from "./body-types.ts";
import type { Encoding } from "./media-types.ts";
import type { FieldValidation } from "./write-query.ts";
import { requestBody } from "./request-body.ts";

/** What a body is read as. */
export interface BodyType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly typeName: string;
  readonly schemas: SchemaRegistry;
}

/** Bytes of a body that an error message shows. */
const SUMMARY_BYTES = 30;
const BRACE = 0x7b;

/** A body as upstream shows it in an error: text when it looks like JSON, else hexadecimal. */
function summaryOf(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, SUMMARY_BYTES));
  const text = body[0] === BRACE ? head.toString("utf8") : head.toString("hex");
  return body.length > SUMMARY_BYTES ? `${text} ...` : text;
}

/** kind and apiVersion as the body states them; empty where it does not. */
function statedIdentity(body: Uint8Array): Identity {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
    if (!isJsonObject(value)) return { kind: "", apiVersion: "" };
    const { kind, apiVersion } = value;
    return {
      kind: typeof kind === "string" ? kind : "",
      apiVersion: typeof apiVersion === "string" ? apiVersion : "",
    };
  } catch {
    return { kind: "", apiVersion: "" };
  }
}

/** 400 for an object that cannot be what the path says. */
function cannotBeHandled(stated: Identity, type: BodyType, why: string): StatusError {
  const kind = stated.kind || type.kind;
  const version = stated.apiVersion ? splitApiVersion(stated.apiVersion).version : type.version;
  return badRequest(`${kind} in version ${goQuote(version)} cannot be handled as a ${type.kind}: ${why}`);
}

/** Throws when the body says that it is something else. */
function checkIdentity(body: Uint8Array, stated: Identity, type: BodyType, kinds: KindRegistry): void {
  const problem = identityProblem(stated, type, kinds);
  if (!problem) return;
  if (problem.type === "group version") throw unrecognized(type, problem.why, body);
  if (problem.type === "other version") throw badRequest(problem.why);
  throw cannotBeHandled(stated, type, problem.why);
}

const unrecognized = (type: BodyType, why: string, body: Uint8Array): StatusError =>
  badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why} (${summaryOf(body)})`);

/** Reads the object in a request's body as the path's type; unknown and duplicate fields go as fieldValidation says. */
export function readObject(
  context: RequestContext,
  type: BodyType,
  options: { readonly fieldValidation: FieldValidation; readonly kinds: KindRegistry },
): KubeObject {
  const { request, warnings } = context;
  const encoding = bodyEncoding(request.headers["content-type"]);
  if (!encoding) throw unsupportedMediaType();
  const body = requestBody(request);
  const { object, strictErrors } = decode(body, encoding, type, options);
  checkIdentity(body, { kind: object.kind ?? "", apiVersion: object.apiVersion ?? "" }, type, options.kinds);
  if (strictErrors.length === 0) return object;
  if (options.fieldValidation === "Strict") {
    const stated = { kind: object.kind ?? "", apiVersion: object.apiVersion ?? "" };
    throw cannotBeHandled(stated, type, `strict decoding error: ${strictErrors.join(", ")}`);
  }
  for (const text of strictWarnings(strictErrors)) addWarning(warnings, text);
  return object;
}

function decode(
  body: Uint8Array,
  encoding: Encoding,
  type: BodyType,
  options: { readonly fieldValidation: FieldValidation; readonly kinds: KindRegistry },
): Decoded {
  try {
    return decodeBody(type, body, encoding, options.fieldValidation !== "Ignore");
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      throw unrecognized(type, `couldn't get version/kind; json parse error: ${error.message}`, body);
    }
    if (error instanceof YamlError || error instanceof ProtobufError || error instanceof BodyShapeError)
      throw unrecognized(type, error.message, body);
    if (!(error instanceof DecodeError)) throw error;
    const misfit = wrongTypeMeta(body, encoding);
    if (misfit) throw unrecognized(type, misfit, body);
    const stated = statedIdentity(body);
    checkIdentity(body, stated, type, options.kinds);
    throw cannotBeHandled(stated, type, error.message);
  }
}
