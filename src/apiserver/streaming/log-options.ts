// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, invalidObject, parseTime, type FieldError } from "../../apimachinery/index.ts";
import { intValue } from "../endpoints/query-values.ts";

const BOOLEANS = ["follow", "previous", "timestamps"] as const;
const NUMBERS = ["sinceSeconds", "tailLines", "limitBytes"] as const;

const isSet = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
};

const RFC3339 = "2006-01-02T15:04:05Z07:00";

/** 400 in the words of Go's parser for a time that is none. */
function checkTime(text: string): void {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/.test(text) && parseTime(text) !== undefined) return;
  const quoted = JSON.stringify(text);
  throw badRequest(`parsing time ${quoted} as "${RFC3339}": cannot parse ${quoted} as "2006"`);
}

function errorsOf(query: URLSearchParams, numbers: ReadonlyMap<string, number>): FieldError[] {
  const errors: FieldError[] = [];
  const atLeast = (name: string, least: number, why: string): void => {
    const value = numbers.get(name);
    if (value !== undefined && value < least) errors.push(fieldError.invalid(name, value, why));
  };
  atLeast("tailLines", 0, "must be greater than or equal to 0");
  atLeast("limitBytes", 1, "must be greater than 0");
  if (numbers.has("sinceSeconds") && query.get("sinceTime")) {
    errors.push(fieldError.fieldForbidden("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else atLeast("sinceSeconds", 1, "must be greater than 0");
  // Choosing a stream is behind a gate that is off by default.
  if (query.get("stream")) errors.push(fieldError.fieldForbidden("stream", "may not be specified"));
  return errors;
}

/** Reads PodLogOptions from a query and writes them as the kubelet wants them; refuses what is wrong. */
export function kubeletLogQuery(query: URLSearchParams, podName: string): URLSearchParams {
  const numbers = new Map<string, number>();
  for (const name of NUMBERS) {
    const value = intValue(query, name);
    if (value !== undefined) numbers.set(name, value);
  }
  const sinceTime = query.get("sinceTime");
  if (sinceTime) checkTime(sinceTime);
  const errors = errorsOf(query, numbers);
  if (errors.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions" }, podName, errors);
  const out = new URLSearchParams();
  for (const name of BOOLEANS) if (isSet(query, name)) out.set(name, "true");
  for (const [name, value] of numbers) out.set(name, String(value));
  if (sinceTime) out.set("sinceTime", sinceTime);
  return out;
}
