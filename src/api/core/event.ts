// SPDX-License-Identifier: Apache-2.0

import { nameIsPathSegment } from "../../apimachinery/index.ts";
import { validateEvent } from "./event-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { defineKind } from "../define-kind.ts";
import { EVENT_TTL_SECONDS, eventColumns } from "./event-columns.ts";
import type { Event } from "../generated/v1.35/core-v1.ts";

/** Event. */
export const coreEvent = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  resource: "events",
  singular: "event",
  namespaced: true,
  shortNames: ["ev"],
  type: "io.k8s.api.core.v1.Event",
  validateName: nameIsPathSegment,
  validate: (event) => validateEvent(event),
  onlyRegistryChecksMetadata: true,
  updateChecks: ["object", "change"],
  anyFinalizer: true,
  allowCreateOnUpdate: true,
  ttlSeconds: EVENT_TTL_SECONDS,
  selectableFields: {
    "involvedObject.kind": (event) => event.involvedObject.kind ?? "",
    "involvedObject.namespace": (event) => event.involvedObject.namespace ?? "",
    "involvedObject.name": (event) => event.involvedObject.name ?? "",
    "involvedObject.uid": (event) => event.involvedObject.uid ?? "",
    "involvedObject.apiVersion": (event) => event.involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (event) => event.involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (event) => event.involvedObject.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingComponent: (event) => event.reportingComponent ?? "",
    source: (event) => event.source?.component || (event.reportingComponent ?? ""),
    type: (event) => event.type ?? "",
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: eventColumns,
});
