// SPDX-License-Identifier: Apache-2.0

import type { ApiResponse } from "../../client/transport.ts";
import type { Filter, RequestContext } from "../request-context.ts";

/** Warnings beyond this many characters in total are cut off or left out, as upstream bounds them. */
const WARNING_TOTAL_LIMIT = 4096;
const WARNING_LIMIT = 256;
const WARNING_PREFIX = "299 - ";

/** A warning as a header value: code, no agent, quoted text without control characters. */
function warningLine(text: string): string {
  const clean = text.replaceAll(/[\u0000-\u001f\u007f]/g, " ");
  return `${WARNING_PREFIX}"${headerText(clean.replaceAll("\\", "\\\\").replaceAll('"', '\\"'))}"`;
}

/** A header holds bytes: text beyond ASCII goes as UTF-8, one character a byte, as Go writes it. */
const headerText = (text: string): string =>
  /[^\u0000-\u007f]/.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;

/** The header lines of a request's warnings, within upstream's bounds. */
export function warningLines(warnings: readonly string[]): string[] {
  let total = 0;
  for (const text of warnings) total += text.length;
  const cut = total > WARNING_TOTAL_LIMIT;
  const lines: string[] = [];
  let written = 0;
  for (const text of new Set(warnings)) {
    const kept = cut && text.length > WARNING_LIMIT ? text.slice(0, WARNING_LIMIT) : text;
    written += kept.length;
    if (written > WARNING_TOTAL_LIMIT) break;
    lines.push(warningLine(kept));
  }
  return lines;
}

function withHeaders(response: ApiResponse, context: RequestContext): ApiResponse {
  const headers: Record<string, string | readonly string[]> = {
    "audit-id": context.traceId,
    "cache-control": "no-cache, private",
    ...response.headers,
  };
  if (context.flow) {
    headers["x-kubernetes-pf-flowschema-uid"] = context.flow.schemaUid;
    headers["x-kubernetes-pf-prioritylevel-uid"] = context.flow.levelUid;
  }
  if (context.warnings.length > 0) headers["warning"] = warningLines(context.warnings);
  return { status: response.status, headers, body: response.body };
}

/** Headers that every answer has: audit id, cache control, the flow, warnings. */
export const responseHeaders: Filter = {
  name: "responseHeaders",
  async handle(context, next) {
    return withHeaders(await next(context), context);
  },
};
