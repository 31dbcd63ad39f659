// SPDX-License-Identifier: Apache-2.0

import type { Registry } from "../registry/index.ts";
import { ReadGauge, type Metric } from "./metric.ts";

interface StoredKind {
  readonly group: string;
  readonly resource: string;
  readonly objects: number;
  readonly revision: number;
}

/** What is stored, one entry a kind, as its watch cache knows it. */
function* storedKinds(registry: Registry): Generator<StoredKind> {
  for (const { kind } of registry.kinds.all()) {
    const store = registry.findVersion(kind.group, kind.version, kind.resource);
    if (!store || kind.storage) continue;
    const { cache } = store.storage;
    yield { group: kind.group, resource: kind.resource, objects: cache.size, revision: cache.revision };
  }
}

const fullName = ({ group, resource }: StoredKind): string => (group ? `${resource}.${group}` : resource);

/** How many objects there are of each kind, and how far their caches have come. */
export function objectMetrics(registry: Registry): Metric[] {
  const gauge = (
    description: { readonly name: string; readonly help: string; readonly labels: readonly string[] },
    line: (kind: StoredKind) => readonly [labels: string[], value: number],
  ): Metric => new ReadGauge(description, () => storedKinds(registry).map(line));
  const labels = ["group", "resource"];
  return [
    gauge({ name: "apiserver_storage_objects", help: "Stored objects, by kind.", labels: ["resource"] }, (kind) => [
      [fullName(kind)],
      kind.objects,
    ]),
    gauge(
      { name: "apiserver_resource_objects", help: "[ALPHA] Stored objects, by group and resource.", labels },
      ({ group, resource, objects }) => [[group, resource], objects],
    ),
    gauge(
      {
        name: "apiserver_watch_cache_resource_version",
        help: "[ALPHA] The resource version that the watch cache of a resource has come to.",
        labels,
      },
      ({ group, resource, revision }) => [[group, resource], revision],
    ),
  ];
}
