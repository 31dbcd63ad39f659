// SPDX-License-Identifier: Apache-2.0

import type { ApiResponse } from "../../client/transport.ts";
import type { RequestContext } from "../request-context.ts";
import { httpDate } from "./http-date.ts";

/** A document in one form: what a client asks for it by, and the name that the answer carries. */
export interface DocumentForm {
  readonly name: "json" | "protobuf";
  /** Subtypes of application/. The older name has an @, which is no legal media type. */
  readonly subtypes: readonly string[];
  readonly contentType: string;
}

const formsOf = (version: string): readonly DocumentForm[] => {
  const protobuf = `com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
  return [
    { name: "json", subtypes: ["json"], contentType: "application/json" },
    {
      name: "protobuf",
      subtypes: [protobuf, protobuf.replace(".v1.0", "@v1.0")],
      contentType: `application/${protobuf}`,
    },
  ];
};

export const V2_FORMS = formsOf("v2");
export const V3_FORMS = formsOf("v3");

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [name = "", ...parameters] = text.split(";");
  const [type = "", subtype = ""] = name.trim().split("/");
  const stated = parameters.map((parameter) => /^\s*q\s*=(.*)/s.exec(parameter)?.[1]?.trim()).find(Boolean);
  const quality = stated === undefined ? 1 : Number(stated);
  return { type, subtype, quality: Number.isFinite(quality) ? quality : 1 };
}

/** The form that a client likes best; undefined when it accepts none. */
export function wantedForm(accept: string | undefined, forms: readonly DocumentForm[]): DocumentForm | undefined {
  const ranges = (accept || "*/*").split(",").map(rangeOf);
  ranges.sort((a, b) => b.quality - a.quality);
  for (const { type, subtype } of ranges) {
    if (type !== "application" && type !== "*") continue;
    const found = forms.find(({ subtypes }) => subtype === "*" || subtypes.includes(subtype));
    if (found) return found;
  }
  return undefined;
}

/** 406 of a document: it says nothing. */
export const noForm = (): ApiResponse => ({ status: 406, headers: { vary: "Accept" }, body: { type: "empty" } });

/** 404 of what is not among the documents. */
export const noDocument = (): ApiResponse => ({ status: 404, headers: {}, body: { type: "empty" } });

/** A document as it is sent. */
export interface Document {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly madeAtMs: number;
}

const SECOND_MS = 1000;

/** True when the client has what it would be sent: the entity tag decides, and the time where no tag is given. */
function isKnown({ headers }: RequestContext["request"], { etag, madeAtMs }: Document): boolean {
  const tags = headers["if-none-match"];
  if (tags !== undefined) {
    return tags.split(",").some((tag) => [etag, "*"].includes(tag.trim().replace(/^W\//, "")));
  }
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return Math.floor(madeAtMs / SECOND_MS) * SECOND_MS <= since;
}

/** Sends a document, or says that the client has it already. */
export function documentAnswer(
  { request }: RequestContext,
  document: Document,
  headers: Readonly<Record<string, string>>,
): ApiResponse {
  const modified = httpDate(document.madeAtMs);
  const all = { ...headers, etag: document.etag, "last-modified": modified, vary: "Accept" };
  if (isKnown(request, document)) return { status: 304, headers: all, body: { type: "empty" } };
  return { status: 200, headers: all, body: { type: "bytes", bytes: document.bytes } };
}
