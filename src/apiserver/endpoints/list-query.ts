// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, type FieldError, invalidObject } from "../../apimachinery/index.ts";
import { type ContinuePoint, decodeContinue } from "./continue-token.ts";
import { boolValue, intValue, revisionError } from "./query-values.ts";

export type RevisionMatch = "Exact" | "NotOlderThan" | undefined;

/** What the query of a list or watch says, beside its selectors. */
export interface ListQuery {
  readonly limit: number;
  readonly continueFrom: ContinuePoint | undefined;
  /** undefined: not stated. */
  readonly revision: number | undefined;
  readonly revisionText: string;
  readonly match: RevisionMatch;
  readonly sendInitialEvents: boolean | undefined;
  readonly allowBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const NOTHING: ListQuery = {
  limit: 0,
  continueFrom: undefined,
  revision: undefined,
  revisionText: "",
  match: undefined,
  sendInitialEvents: undefined,
  allowBookmarks: false,
  timeoutSeconds: undefined,
};

/** What a watch asks for that says nothing. */
const FROM_NOWHERE: ListQuery = { ...NOTHING, sendInitialEvents: true };

function listErrors(query: URLSearchParams, match: string, revision: string): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string) => errors.push(fieldError.fieldForbidden(field, why));
  if (match) {
    if (!revision)
      forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (query.get("continue")) {
      forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(fieldError.notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && revision === "0") {
      forbid("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has("sendInitialEvents")) forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
  return errors;
}

function watchErrors(query: URLSearchParams, sends: boolean, match: string): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (field: string, why: string) => errors.push(fieldError.fieldForbidden(field, why));
  if (sends && match !== "NotOlderThan") {
    forbid("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (match) {
    if (!sends) {
      forbid(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      );
    }
    if (match !== "NotOlderThan") {
      errors.push(fieldError.notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
    }
    if (query.get("continue")) {
      forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
    }
  }
  return errors;
}

const throwIfAny = (errors: readonly FieldError[]): void => {
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
};

/** Reads and checks the query of a list; throws in upstream's words. `single`: of one object, which is not paged. */
export function readListQuery(query: URLSearchParams, single: boolean): ListQuery {
  if (query.size === 0) return NOTHING;
  const limit = intValue(query, "limit") ?? 0;
  const timeoutSeconds = intValue(query, "timeoutSeconds");
  const revisionText = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  throwIfAny(listErrors(query, match, revisionText));
  const token = single ? null : query.get("continue");
  const continueFrom = token ? decodeContinue(token) : undefined;
  if (continueFrom && revisionText && revisionText !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const problem = revisionText ? revisionError(revisionText) : undefined;
  if (problem) throw badRequest(`invalid resource version: ${problem}`);
  const revision = revisionText === "" ? undefined : Number(revisionText);
  return {
    ...NOTHING,
    // Upstream answers revision 0 from its cache, which does not page.
    limit: revision === 0 || single ? 0 : limit,
    continueFrom,
    revision,
    revisionText,
    match: match === "" ? undefined : (match as RevisionMatch),
    timeoutSeconds,
  };
}

/** Reads and checks the query of a watch, but for its revision: a bad one is found when the watch begins. */
export function readWatchQuery(query: URLSearchParams): ListQuery {
  if (query.size === 0) return FROM_NOWHERE;
  intValue(query, "limit");
  const timeoutSeconds = intValue(query, "timeoutSeconds");
  const revisionText = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  // A watch from nowhere says nothing of the state and gets it all the same, as if it had asked.
  const fromNowhere = !query.has("sendInitialEvents") && match === "" && (revisionText === "" || revisionText === "0");
  const sends = fromNowhere || query.has("sendInitialEvents");
  throwIfAny(watchErrors(query, sends, fromNowhere ? "NotOlderThan" : match));
  return {
    ...NOTHING,
    revision: revisionText === "" ? undefined : Number(revisionText),
    revisionText,
    match: match === "" ? undefined : (match as RevisionMatch),
    sendInitialEvents: fromNowhere ? true : boolValue(query, "sendInitialEvents"),
    allowBookmarks: boolValue(query, "allowWatchBookmarks") ?? false,
    timeoutSeconds,
  };
}
