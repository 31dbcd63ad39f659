// SPDX-License-Identifier: Apache-2.0

import type { ComponentStatus, Kind, Lease } from "../../api/index.ts";
import {
  badRequest,
  type DeepReadonly,
  notFound,
  parseFieldSelector,
  parseTime,
  type SchemaRegistry,
  SelectorError,
} from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import type { ApiResponse } from "../../client/transport.ts";
import { encodedObject } from "../chain/encoded-object.ts";
import { methodNotAllowed, type ResourceHandler } from "../endpoints/index.ts";
import { checkRoute, negotiateAnswer } from "../endpoints/media-types.ts";
import { unknownFieldLabel } from "../endpoints/selection.ts";
import { columnDefinitions, columnsOf } from "../endpoints/table-row.ts";
import { addWarning } from "../registry/index.ts";
import type { ResourceStores } from "../resource-store.ts";

export interface ComponentStatusParts {
  readonly stores: ResourceStores;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
}

const NAMESPACE = "kube-system";
const OK = "ok";
const TYPE = "io.k8s.api.core.v1.ComponentStatus";

/** Components that say by their lease that they live, and where upstream asks each of them. */
const BY_LEASE = [
  { name: "controller-manager", lease: "kube-controller-manager", port: 10257 },
  { name: "scheduler", lease: "kube-scheduler", port: 10259 },
] as const;

function isHeld(lease: DeepReadonly<Lease> | undefined, nowMs: number): boolean {
  const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = lease?.spec ?? {};
  return !!holderIdentity && (parseTime(renewTime ?? "") ?? 0) + leaseDurationSeconds * 1_000 >= nowMs;
}

function statusOf(name: string, message: string): ComponentStatus {
  return {
    metadata: { name },
    conditions: [{ type: "Healthy", status: message === OK ? "True" : "False", message }],
  };
}

/** What runs beside the API server, and whether it does: scheduler and controllers by their leases, and the store. */
function componentStatuses({ stores, clock }: ComponentStatusParts): ComponentStatus[] {
  const leases = stores.find("coordination.k8s.io", "leases");
  const byLease = BY_LEASE.map(({ name, lease, port }) => {
    const held = isHeld(leases?.peek(NAMESPACE, lease) as DeepReadonly<Lease> | undefined, clock.nowMs());
    const address = `127.0.0.1:${port}`;
    const refused = `Get "https://${address}/healthz": dial tcp ${address}: connect: connection refused`;
    return statusOf(name, held ? OK : refused);
  });
  // A request that came this far was answered out of a store that works.
  return [...byLease, statusOf("etcd-0", OK)];
}

function selected(statuses: readonly ComponentStatus[], query: URLSearchParams): ComponentStatus[] {
  if (query.get("labelSelector")) return [];
  const text = query.get("fieldSelector");
  if (!text) return [...statuses];
  try {
    const fields = parseFieldSelector(text);
    for (const { field } of fields.requirements) {
      if (field !== "metadata.name" && field !== "metadata.namespace") throw badRequest(unknownFieldLabel(field));
    }
    return statuses.filter(({ metadata }) =>
      fields.matches((field) => (field === "metadata.name" ? metadata.name! : "")),
    );
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

/** Rows of a Table; no column of the kind tells an age. */
function tableOf(kind: Kind, statuses: readonly ComponentStatus[], metaVersion: string): object {
  const apiVersion = `meta.k8s.io/${metaVersion}`;
  const rows = statuses.map((status) => ({
    cells: columnsOf(kind).map((column) => column.cell(status, { age: () => "" }) ?? null),
    object: { kind: "PartialObjectMetadata", apiVersion, metadata: status.metadata },
  }));
  const definitions = JSON.parse(columnDefinitions(kind)) as object[];
  return { kind: "Table", apiVersion, metadata: {}, columnDefinitions: definitions, rows };
}

/** Answers requests for the states of components: read as they are asked for, stored nowhere. */
export function componentStatusHandler(parts: ComponentStatusParts): ResourceHandler {
  return async (context, kind): Promise<ApiResponse> => {
    const { verb, name, query } = context.info;
    if (context.request.method !== "GET" || (verb !== "get" && verb !== "list")) throw methodNotAllowed();
    checkRoute(context, verb === "list" ? "collection" : "object");
    addWarning(context.warnings, kind.deprecationWarning!);
    const wanted = negotiateAnswer(context, "builtIn");
    const answer = (object: object, typeName: string) =>
      encodedObject(context, 200, object, { wanted, schemas: parts.schemas, typeName });
    const all = componentStatuses(parts);
    const found = verb === "get" ? all.filter(({ metadata }) => metadata.name === name) : selected(all, query);
    if (verb === "get" && found.length === 0) throw notFound({ group: "", resource: kind.singular }, name);
    if (wanted.shape === "table") return answer(tableOf(kind, found, wanted.metaVersion), TYPE);
    if (verb === "get") return answer({ kind: kind.kind, apiVersion: "v1", ...found[0] }, TYPE);
    return answer({ kind: `${kind.kind}List`, apiVersion: "v1", metadata: {}, items: found }, `${TYPE}List`);
  };
}
