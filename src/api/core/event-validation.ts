// SPDX-License-Identifier: Apache-2.0

import {
  byteLength,
  dns1123SubdomainErrors,
  fieldError as field,
  nameIsDnsSubdomain,
  sameJson,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "../../apimachinery/index.ts";
import type { Event } from "../generated/v1.35/core-v1.ts";
import { checkQualifiedName, type Errors, IMMUTABLE, pushInvalid, samePointer } from "../validation/checks.ts";
import { finalizerNameErrors } from "../validation/finalizer-names.ts";
import { internalForm } from "../validation/internal-form.ts";

const MAX_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 1024;
const NAMESPACE_DIFFERS = "does not match event.namespace";

function checkLength(text: string, max: number, path: string, errors: Errors): void {
  if (byteLength(text) > max) errors.push(field.invalid(path, "", `can have at most ${max} characters`));
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
  errors.push(...validateObjectMeta(event.metadata, { namespaced: true, nameCheck: nameIsDnsSubdomain }));
  errors.push(...finalizerNameErrors(event.metadata));
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

const asReference = (value: unknown): unknown => internalForm("ObjectReference", value ?? {});
const asPointer = (value: unknown): unknown => value && internalForm("ObjectReference", value);
const asSource = (value: unknown): unknown => internalForm("EventSource", value ?? {});
const asText = (value: unknown): unknown => value ?? "";
const asNumber = (value: unknown): unknown => value ?? 0;
const asTime = (value: unknown): unknown => value ?? null;

/** The fields that stay, with the names and the forms that messages give them. */
const IMMUTABLE_FIELDS: readonly (readonly [keyof Event, string, (value: unknown) => unknown])[] = [
  ["involvedObject", "involvedObject", asReference],
  ["reason", "reason", asText],
  ["message", "message", asText],
  ["source", "source", asSource],
  ["firstTimestamp", "firstTimestamp", asTime],
  ["lastTimestamp", "lastTimestamp", asTime],
  ["count", "count", asNumber],
  ["reason", "reason", asText],
  ["type", "type", asText],
  ["eventTime", "eventTime", asTime],
  ["action", "action", asText],
  ["related", "related", asPointer],
  ["reportingComponent", "reportingController", asText],
  ["reportingInstance", "reportingInstance", asText],
];

/** What is wrong with a change of an event of events.k8s.io/v1: only the series may grow. */
export function validateStrictEventUpdate(event: Event, old: Event): Errors {
  const errors = validateEvent(event, "reportingController");
  errors.push(...validateObjectMetaUpdate(event.metadata, old.metadata), ...finalizerNameErrors(event.metadata));
  if (!sameJson(event.series, old.series)) checkSeries(event, errors);
  for (const [name, path, form] of IMMUTABLE_FIELDS)
    if (!(name === "related" ? samePointer : sameJson)(event[name], old[name]))
      errors.push(field.invalid(path, form(event[name]), IMMUTABLE));
  return errors;
}
