// SPDX-License-Identifier: Apache-2.0

import { conflict, type DeepReadonly, type KubeObject } from "../../apimachinery/index.ts";
import type { CustomResourceDefinition } from "../../api/index.ts";
import type { DeleteOptions } from "../resource-store.ts";
import type { ResourceHooks } from "../resource-hooks.ts";
import { CLEANUP_FINALIZER, withCondition } from "../upkeep/definition-conditions.ts";

const RESOURCE = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };

function refuseOthers({ metadata }: DeepReadonly<KubeObject>, { preconditions }: DeleteOptions): void {
  const wanted = preconditions?.uid;
  if (wanted === undefined || wanted === metadata.uid) return;
  throw conflict(
    RESOURCE,
    metadata.name ?? "",
    `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${metadata.uid}`,
  );
}

/** A definition goes in two steps: its objects first. */
export const definitionHooks: ResourceHooks = {
  beforeDelete: refuseOthers,
  heldBack: ({ metadata }) => metadata.deletionTimestamp === undefined,
  markDeleting(object) {
    const definition = object as CustomResourceDefinition;
    const { metadata } = definition;
    // Upstream marks it by a write of its own, which neither counts as a change of the spec nor grants grace.
    delete metadata.deletionGracePeriodSeconds;
    if (metadata.generation) metadata.generation -= 1;
    if (!metadata.finalizers?.includes(CLEANUP_FINALIZER))
      metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER];
    withCondition(definition, metadata.deletionTimestamp ?? "", {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionPending",
      message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    });
  },
};
