// SPDX-License-Identifier: Apache-2.0

import { dns1123SubdomainErrors, fieldError as field, sameJson } from "../../apimachinery/index.ts";
import type { Event } from "../generated/v1.35/core-v1.ts";
import { checkImmutable, checkQualifiedName, type Errors, pushInvalid } from "../validation/checks.ts";

const MAX_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 1024;
const NAMESPACE_DIFFERS = "does not match event.namespace";

function checkLength(text: string, max: number, path: string, errors: Errors): void {
  if (text.length > max) errors.push(field.invalid(path, "", `can have at most ${max} characters`));
}

function checkText(text: string | undefined, path: string, errors: Errors): void {
  if (!text) errors.push(field.required(path));
  else checkLength(text, MAX_LENGTH, path, errors);
}

function checkOldNamespace(event: Event, errors: Errors): void {
  const namespace = event.metadata.namespace ?? "";
  const involved = event.involvedObject.namespace ?? "";
  const agrees = involved === "" ? namespace === "" || namespace === "default" : namespace === involved;
  if (!agrees) errors.push(field.invalid("involvedObject.namespace", involved, NAMESPACE_DIFFERS));
}

/** Events that say when they happened are checked for who reports them; older ones only for the namespace. */
function checkReport(event: Event, controllerField: string, errors: Errors): void {
  const namespace = event.metadata.namespace ?? "";
  if (!event.involvedObject.namespace && namespace !== "default" && namespace !== "kube-system")
    errors.push(field.invalid("involvedObject.namespace", "", NAMESPACE_DIFFERS));
  const controller = event.reportingComponent ?? "";
  if (!controller) errors.push(field.required(controllerField));
  checkQualifiedName(controller, controllerField, errors);
  checkText(event.reportingInstance, "reportingInstance", errors);
  checkText(event.action, "action", errors);
  checkText(event.reason, "reason", errors);
  checkLength(event.message ?? "", MAX_MESSAGE_LENGTH, "message", errors);
}

/** What is wrong with an event of core/v1; the other group checks this first, with its own name of one field. */
export function validateEvent(event: Event, controllerField = "reportingComponent"): Errors {
  const errors: Errors = [];
  if (event.eventTime) checkReport(event, controllerField, errors);
  else checkOldNamespace(event, errors);
  const namespace = event.metadata.namespace ?? "";
  pushInvalid(dns1123SubdomainErrors(namespace), namespace, "namespace", errors);
  return errors;
}

function checkSeries(event: Event, errors: Errors): void {
  if (!event.series) return;
  if ((event.series.count ?? 0) < 2) errors.push(field.invalid("series.count", "", "should be at least 2"));
  if (!event.series.lastObservedTime) errors.push(field.required("series.lastObservedTime"));
}

const UNSET = "needs to be unset";

/** What is wrong with a new event of events.k8s.io/v1, in core's form. */
export function validateStrictEvent(event: Event): Errors {
  const errors = validateEvent(event, "reportingController");
  checkSeries(event, errors);
  if (!event.eventTime) errors.push(field.required("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning")
    errors.push(field.invalid("type", "", `has invalid value: ${event.type ?? ""}`));
  if (event.firstTimestamp) errors.push(field.invalid("firstTimestamp", "", UNSET));
  if (event.lastTimestamp) errors.push(field.invalid("lastTimestamp", "", UNSET));
  if (event.count) errors.push(field.invalid("count", "", UNSET));
  if (event.source?.component || event.source?.host) errors.push(field.invalid("source", "", UNSET));
  return errors;
}

const IMMUTABLE_BEFORE_TIME = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "reason",
  "type",
] as const;
const IMMUTABLE_AFTER_TIME = [
  ["action", "action"],
  ["related", "related"],
  ["reportingComponent", "reportingController"],
  ["reportingInstance", "reportingInstance"],
] as const;

/** What is wrong with a change of an event of events.k8s.io/v1: only the series may grow. */
export function validateStrictEventUpdate(event: Event, old: Event): Errors {
  const errors = validateEvent(event, "reportingController");
  if (!sameJson(event.series, old.series)) checkSeries(event, errors);
  for (const name of IMMUTABLE_BEFORE_TIME) checkImmutable(event[name], old[name], name, errors);
  checkImmutable(event.eventTime, old.eventTime, "eventTime", errors);
  for (const [name, path] of IMMUTABLE_AFTER_TIME) checkImmutable(event[name], old[name], path, errors);
  return errors;
}
