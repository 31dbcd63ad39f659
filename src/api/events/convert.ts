// SPDX-License-Identifier: Apache-2.0

import type { KubeObject } from "../../apimachinery/index.ts";

/** Field of events.k8s.io/v1 → field of core/v1, where the names differ. */
const CORE_NAMES: readonly (readonly [string, string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

const TO_CORE = new Map(CORE_NAMES);
const FROM_CORE = new Map(CORE_NAMES.map(([mine, core]) => [core, mine]));

function renamed(object: KubeObject, apiVersion: string, names: ReadonlyMap<string, string>): KubeObject {
  const out: KubeObject = { metadata: object.metadata };
  for (const [field, value] of Object.entries(object)) out[names.get(field) ?? field] = value;
  if (object.apiVersion !== undefined) out.apiVersion = apiVersion;
  return out;
}

/** events.k8s.io/v1 → core/v1, the form in which both are stored. */
export const toCoreEvent = (event: KubeObject): KubeObject => renamed(event, "v1", TO_CORE);

/** core/v1 → events.k8s.io/v1, where fields that core/v1 always has are left out when empty. */
export function fromCoreEvent(event: KubeObject): KubeObject {
  const out = renamed(event, "events.k8s.io/v1", FROM_CORE);
  for (const field of ["reportingController", "reportingInstance"]) if (out[field] === "") delete out[field];
  return out;
}
