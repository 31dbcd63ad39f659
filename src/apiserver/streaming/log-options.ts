// SPDX-License-Identifier: Apache-2.0

import { badRequest, fieldError, invalidObject, parseTime, type FieldError } from "../../apimachinery/index.ts";

const BOOLEANS = ["follow", "previous", "timestamps"] as const;
const NUMBERS = ["sinceSeconds", "tailLines", "limitBytes"] as const;
const STREAMS = ["All", "Stdout", "Stderr"];

const isSet = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
};

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
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
    errors.push(fieldError.fieldForbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else atLeast("sinceSeconds", 1, "must be greater than 0");
  const stream = query.get("stream");
  if (stream && !STREAMS.includes(stream)) errors.push(fieldError.notSupported("stream", stream, STREAMS));
  else if (stream && stream !== "All" && numbers.has("tailLines")) {
    errors.push(fieldError.fieldForbidden("", "`tailLines` and specific `stream` are mutually exclusive for now"));
  }
  return errors;
}

/** Reads PodLogOptions from a query and writes them as the kubelet wants them; refuses what is wrong. */
export function kubeletLogQuery(query: URLSearchParams, podName: string): URLSearchParams {
  const numbers = new Map<string, number>();
  for (const name of NUMBERS) {
    const value = numberOf(query, name);
    if (value !== undefined) numbers.set(name, value);
  }
  const errors = errorsOf(query, numbers);
  if (errors.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions" }, podName, errors);
  const out = new URLSearchParams();
  for (const name of BOOLEANS) if (isSet(query, name)) out.set(name, "true");
  for (const [name, value] of numbers) out.set(name, String(value));
  const sinceTime = query.get("sinceTime");
  if (sinceTime) {
    parseTime(sinceTime);
    out.set("sinceTime", sinceTime);
  }
  const stream = query.get("stream");
  if (stream) out.set("stream", stream);
  return out;
}

/** Whether the answer goes on until the client leaves. */
export const isFollowing = (query: URLSearchParams): boolean => isSet(query, "follow");
