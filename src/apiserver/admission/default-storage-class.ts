// SPDX-License-Identifier: Apache-2.0

import { isDefaultStorageClass, type PersistentVolumeClaim, type StorageClass } from "../../api/index.ts";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { isWriteTo } from "./attributes.ts";
import { newestDefault, ObservedObjects } from "./observed-objects.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** A claim that names no class gets the default one. */
export function defaultStorageClass(stores: ResourceStores): AdmissionPlugin {
  const classes = new ObservedObjects<StorageClass>(stores, "storage.k8s.io", "storageclasses");
  return {
    name: "DefaultStorageClass",
    handles: (attributes) => isWriteTo(attributes, "", "persistentvolumeclaims", "CREATE"),
    admit({ object }) {
      const claim = object as PersistentVolumeClaim;
      if (claim.spec?.storageClassName !== undefined) return;
      if (claim.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const found = newestDefault(classes.values(), ({ metadata }) => isDefaultStorageClass(metadata.annotations));
      if (found) claim.spec = { ...claim.spec!, storageClassName: found.metadata.name! };
    },
  };
}
