// SPDX-License-Identifier: Apache-2.0

import { validateStrictEvent, validateStrictEventUpdate } from "../core/event-validation.ts";
import { fieldLabelNotSupported } from "../shared/field-labels.ts";
import { EVENT_TTL_SECONDS, eventColumns } from "../core/event-columns.ts";
import { defineKind } from "../define-kind.ts";
import type { Event as CoreEvent } from "../generated/v1.35/core-v1.ts";
import { fromCoreEvent, toCoreEvent } from "./convert.ts";
import type { Event } from "../generated/v1.35/events-v1.ts";

/** Event. */
export const eventsEvent = defineKind<Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  resource: "events",
  singular: "event",
  namespaced: true,
  shortNames: ["ev"],
  type: "io.k8s.api.events.v1.Event",
  errorGroup: "",
  validate: (event) => validateStrictEvent(toCoreEvent(event) as CoreEvent),
  validateUpdate: (event, old) =>
    validateStrictEventUpdate(toCoreEvent(event) as CoreEvent, toCoreEvent(old) as CoreEvent),
  onlyRegistryChecksMetadata: true,
  updateChecks: ["change"],
  allowCreateOnUpdate: true,
  ttlSeconds: EVENT_TTL_SECONDS,
  storage: { resource: "events", toStorage: toCoreEvent, fromStorage: fromCoreEvent },
  selectableFields: {
    "regarding.kind": (event) => event.regarding?.kind ?? "",
    "regarding.namespace": (event) => event.regarding?.namespace ?? "",
    "regarding.name": (event) => event.regarding?.name ?? "",
    "regarding.uid": (event) => event.regarding?.uid ?? "",
    "regarding.apiVersion": (event) => event.regarding?.apiVersion ?? "",
    "regarding.resourceVersion": (event) => event.regarding?.resourceVersion ?? "",
    "regarding.fieldPath": (event) => event.regarding?.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingController: (event) => event.reportingController ?? "",
    type: (event) => event.type ?? "",
  },
  fieldLabelError: fieldLabelNotSupported,
  columns: eventColumns.map((column) => ({
    ...column,
    cell: (event, context) => column.cell(toCoreEvent(event) as CoreEvent, context),
  })),
});
