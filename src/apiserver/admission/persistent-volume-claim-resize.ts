// SPDX-License-Identifier: Apache-2.0

import type { PersistentVolumeClaim, StorageClass } from "../../api/index.ts";
import { compareQuantities } from "../../apimachinery/index.ts";
import type { AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden, isWriteTo } from "./attributes.ts";

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.["storage"] ?? "0";
const classOf = (claim: PersistentVolumeClaim): string =>
  claim.metadata.annotations?.[CLASS_ANNOTATION] ?? claim.spec?.storageClassName ?? "";

/** A claim grows only when its class says that it can. */
export function persistentVolumeClaimResize(stores: ResourceStores): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    handles: (attributes) => isWriteTo(attributes, "", "persistentvolumeclaims", "UPDATE"),
    validate(attributes) {
      const claim = attributes.object as PersistentVolumeClaim;
      const old = attributes.oldObject as PersistentVolumeClaim;
      if (compareQuantities(sizeOf(claim), sizeOf(old)) <= 0) return;
      if (old.status?.phase !== "Bound")
        throw admissionForbidden(attributes, "Only bound persistent volume claims can be expanded");
      const className = classOf(claim);
      const found = className && stores.find("storage.k8s.io", "storageclasses")?.peek("", className);
      if (found && (found as StorageClass).allowVolumeExpansion) return;
      throw admissionForbidden(
        attributes,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}
