// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly, ObjectMeta, OwnerReference } from "../apimachinery/index.ts";

type HasMeta = { readonly metadata: DeepReadonly<ObjectMeta> };

/** The reference to the one owner that manages the object. */
export const controllerOf = (object: HasMeta): DeepReadonly<OwnerReference> | undefined =>
  object.metadata.ownerReferences?.find((reference) => reference.controller === true);

/** Whether `owner` manages the object. */
export const isControlledBy = (object: HasMeta, owner: HasMeta): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

/** The reference by which a controller says that an object is its own. */
export const controllerReference = (
  owner: HasMeta,
  kind: { readonly apiVersion: string; readonly kind: string },
): OwnerReference => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  name: owner.metadata.name ?? "",
  uid: owner.metadata.uid ?? "",
  controller: true,
  blockOwnerDeletion: true,
});
