// SPDX-License-Identifier: Apache-2.0

import type { ColumnOf } from "../define-kind.ts";
import type { ColumnContext } from "../kind.ts";
import { nameColumn } from "../shared/columns.ts";
import type { Event } from "../generated/v1.35/core-v1.ts";

/** Events live for an hour after the last write. */
export const EVENT_TTL_SECONDS = 3600;

function targetText(event: Event): string {
  const kind = (event.involvedObject.kind ?? "").toLowerCase();
  return event.involvedObject.name ? `${kind}/${event.involvedObject.name}` : kind;
}

function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || "";
  const instance = event.source?.host || event.reportingInstance;
  return instance ? `${component}, ${instance}` : component;
}

const firstSeenText = (event: Event, context: ColumnContext): string =>
  context.age(event.firstTimestamp ?? event.eventTime);

const lastSeenText = (event: Event, context: ColumnContext): string =>
  event.series
    ? context.age(event.series.lastObservedTime)
    : event.lastTimestamp
      ? context.age(event.lastTimestamp)
      : firstSeenText(event, context);

const countOf = (event: Event): number => (event.series ? (event.series.count ?? 0) : event.count || 1);

/** The columns of core Events, which the Events of events.k8s.io share. */
export const eventColumns: readonly ColumnOf<Event>[] = [
  {
    name: "Last Seen",
    type: "string",
    description: "The time at which the most recent occurrence of this event was recorded.",
    cell: (o, context) => lastSeenText(o, context),
  },
  {
    name: "Type",
    type: "string",
    description: "Type of this event (Normal, Warning), new types could be added in the future",
    cell: (o) => o.type ?? "",
  },
  {
    name: "Reason",
    type: "string",
    description:
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    cell: (o) => o.reason ?? "",
  },
  {
    name: "Object",
    type: "string",
    description: "The object that this event is about.",
    cell: (o) => targetText(o),
  },
  {
    name: "Subobject",
    type: "string",
    description:
      'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
    priority: 1,
    cell: (o) => o.involvedObject.fieldPath ?? "",
  },
  {
    name: "Source",
    type: "string",
    description: "The component reporting this event. Should be a short machine understandable string.",
    priority: 1,
    cell: (o) => sourceText(o),
  },
  {
    name: "Message",
    type: "string",
    description: "A human-readable description of the status of this operation.",
    cell: (o) => (o.message ?? "").trim(),
  },
  {
    name: "First Seen",
    type: "string",
    description: "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
    priority: 1,
    cell: (o, context) => firstSeenText(o, context),
  },
  {
    name: "Count",
    type: "string",
    description: "The number of times this event has occurred.",
    priority: 1,
    cell: (o) => countOf(o),
  },
  { ...nameColumn, priority: 1 },
];
