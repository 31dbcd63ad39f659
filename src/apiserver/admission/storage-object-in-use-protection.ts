// SPDX-License-Identifier: Apache-2.0

import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import { isWriteTo } from "./attributes.ts";

function finalizerFor(attributes: AdmissionAttributes): string | undefined {
  if (isWriteTo(attributes, "", "persistentvolumes", "CREATE")) return "kubernetes.io/pv-protection";
  if (isWriteTo(attributes, "", "persistentvolumeclaims", "CREATE")) return "kubernetes.io/pvc-protection";
  if (isWriteTo(attributes, "storage.k8s.io", "volumeattributesclasses", "CREATE"))
    return "kubernetes.io/vac-protection";
  return undefined;
}

/** Volumes, claims and classes of attributes that are in use are not removed before they are free. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: (attributes) => finalizerFor(attributes) !== undefined,
  admit(attributes) {
    const finalizer = finalizerFor(attributes)!;
    const { metadata } = attributes.object!;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
