// SPDX-License-Identifier: Apache-2.0

import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "../../api/index.ts";
import {
  isNotFound,
  notFound,
  type DeepReadonly,
  type KubeObject,
  type StatusError,
} from "../../apimachinery/index.ts";
import { aggregateText } from "../authorization/aggregate-text.ts";
import type { ResourceStores } from "../resource-store.ts";

/** An object that the way from a volume to its driver leads over; throws 404. */
function need(
  stores: ResourceStores,
  [group, resource, kind]: readonly [group: string, resource: string, kind: string],
  namespace: string,
  name: string,
): DeepReadonly<KubeObject> {
  const found = stores.find(group, resource)?.peek(namespace, name);
  if (!found) throw notFound({ group, resource: kind }, name);
  return found;
}

/** Claim, volume, driver. */
function driverOfClaim(stores: ResourceStores, namespace: string, claimName: string): string | undefined {
  const claim = need(stores, ["", "persistentvolumeclaims", "persistentvolumeclaim"], namespace, claimName);
  const { volumeName = "" } = (claim as DeepReadonly<PersistentVolumeClaim>).spec ?? {};
  const volume = need(stores, ["", "persistentvolumes", "persistentvolume"], "", volumeName);
  return (volume as DeepReadonly<PersistentVolume>).spec?.csi?.driver;
}

function driverOf(stores: ResourceStores, pod: DeepReadonly<Pod>, volume: DeepReadonly<Volume>): string | undefined {
  const { namespace = "", name = "" } = pod.metadata;
  if (volume.ephemeral?.volumeClaimTemplate) return driverOfClaim(stores, namespace, `${name}-${volume.name}`);
  const claim = volume.persistentVolumeClaim;
  return claim ? driverOfClaim(stores, namespace, claim.claimName) : volume.csi?.driver;
}

function driverAsksFor(stores: ResourceStores, driverName: string, audience: string): boolean {
  const driver = need(stores, ["storage.k8s.io", "csidrivers", "csidriver"], "", driverName);
  const { tokenRequests = [] } = (driver as DeepReadonly<CSIDriver>).spec;
  return tokenRequests.some((request) => request.audience === audience);
}

/** Whether a pod uses tokens for an audience: by a projected volume, or by a driver of one of its volumes. */
export function podUsesAudience(
  stores: ResourceStores,
  pod: DeepReadonly<Pod>,
  audience: string,
): { readonly uses: boolean; readonly errors?: string } {
  const errors: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const sources = volume.projected?.sources ?? [];
    if (sources.some(({ serviceAccountToken: token }) => token && (token.audience ?? "") === audience)) {
      return { uses: true };
    }
    try {
      const driver = driverOf(stores, pod, volume);
      if (driver && driverAsksFor(stores, driver, audience)) return { uses: true };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      errors.push((error as StatusError).message);
    }
  }
  return errors.length > 0 ? { uses: false, errors: aggregateText(errors) } : { uses: false };
}
