// SPDX-License-Identifier: Apache-2.0

import { semanticEqual } from "../../apimachinery/index.ts";
import type { Endpoint, EndpointSlice } from "../../api/index.ts";
import { endpointKey } from "./desired-endpoints.ts";

/** More endpoints than this go into another slice. */
const ENDPOINTS_PER_SLICE_MAX = 100;

/** A slice that is there, as the fitting sees it. */
export interface ExistingSlice {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** The labels have to be written anew even if no endpoint changes. */
  readonly relabel: boolean;
}

/** How slices change so that they hold the desired endpoints with few writes. */
export interface SliceFit {
  readonly created: readonly (readonly Endpoint[])[];
  readonly updated: ReadonlyMap<string, readonly Endpoint[]>;
  readonly deleted: readonly string[];
}

interface Draft {
  readonly name: string;
  endpoints: Endpoint[];
}

function takeFrom(left: Map<string, Endpoint>, draft: { endpoints: Endpoint[] }): void {
  for (const [key, endpoint] of left) {
    if (draft.endpoints.length >= ENDPOINTS_PER_SLICE_MAX) return;
    draft.endpoints.push(endpoint);
    left.delete(key);
  }
}

/** The slice with the least room that is enough; changing one slice is better than making another. */
function roomiestFit(drafts: Iterable<Draft>, count: number): Draft | undefined {
  let best: Draft | undefined;
  for (const draft of drafts) {
    const room = ENDPOINTS_PER_SLICE_MAX - draft.endpoints.length - count;
    if (room >= 0 && (!best || draft.endpoints.length > best.endpoints.length)) best = draft;
  }
  return best;
}

/** Fits the desired endpoints of one set of ports into its slices. */
export function fitSlices(existing: readonly ExistingSlice[], desired: ReadonlyMap<string, Endpoint>): SliceFit {
  const left = new Map(desired);
  const updated = new Map<string, Draft>();
  const unchanged = new Map<string, Draft>();
  const deleted: string[] = [];
  for (const slice of existing) {
    const { kept, changed } = keepWanted(slice, left);
    const draft = { name: slice.name, endpoints: kept };
    if (changed && kept.length === 0) deleted.push(slice.name);
    else (changed || slice.relabel ? updated : unchanged).set(slice.name, draft);
  }
  const fullestFirst = [...updated.values()].sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const draft of fullestFirst) takeFrom(left, draft);
  const created = placeRest(left, updated, unchanged);
  return { created, updated: new Map([...updated].map(([name, d]) => [name, d.endpoints])), deleted };
}

function keepWanted(
  slice: ExistingSlice,
  left: Map<string, Endpoint>,
): { readonly kept: Endpoint[]; readonly changed: boolean } {
  const kept: Endpoint[] = [];
  let changed = false;
  for (const endpoint of slice.endpoints) {
    const key = endpointKey(endpoint);
    const wanted = left.get(key);
    if (!wanted) continue;
    left.delete(key);
    kept.push(wanted);
    changed ||= !semanticEqual(wanted, endpoint);
  }
  return { kept, changed: changed || kept.length !== slice.endpoints.length };
}

function placeRest(
  left: Map<string, Endpoint>,
  updated: Map<string, Draft>,
  unchanged: Map<string, Draft>,
): (readonly Endpoint[])[] {
  const created: Endpoint[][] = [];
  while (left.size > 0) {
    const fit = left.size < ENDPOINTS_PER_SLICE_MAX ? roomiestFit(unchanged.values(), left.size) : undefined;
    if (fit) {
      takeFrom(left, fit);
      unchanged.delete(fit.name);
      updated.set(fit.name, fit);
    } else {
      const fresh: { endpoints: Endpoint[] } = { endpoints: [] };
      takeFrom(left, fresh);
      created.push(fresh.endpoints);
    }
  }
  return created;
}

/** A slice for the fitting. */
export const existingSlice = (
  slice: Pick<EndpointSlice, "metadata" | "endpoints">,
  relabel: boolean,
): ExistingSlice => ({
  name: slice.metadata.name ?? "",
  endpoints: slice.endpoints ?? [],
  relabel,
});
