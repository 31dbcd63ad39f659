// SPDX-License-Identifier: Apache-2.0

import type { Kind } from "../../api/index.ts";
import {
  conflict,
  copyJson,
  type DeepReadonly,
  fieldError,
  formatTime,
  invalidObject,
  type KubeObject,
  parseTime,
} from "../../apimachinery/index.ts";
import type { DeleteOptions } from "../resource-store.ts";

export const ORPHAN_FINALIZER = "orphan";
export const FOREGROUND_FINALIZER = "foregroundDeletion";

const SECOND_MS = 1000;
const POLICIES = ["Foreground", "Background", "Orphan"];

/** What becomes of a delete request for an object in its present state. */
export type DeletionPlan =
  /** The object is gone with this request. */
  | { readonly type: "now" }
  /** A graceful deletion is under way and this request does not shorten it: nothing changes. */
  | { readonly type: "pending" }
  /** The object is written with a deletionTimestamp (or other finalizers); `thenDelete`: and removed right after. */
  | { readonly type: "mark"; readonly object: KubeObject; readonly thenDelete: boolean };

/** Mistakes in DeleteOptions, as upstream words them. */
export function validateDeleteOptions(options: DeleteOptions): void {
  const { propagationPolicy, orphanDependents } = options;
  const errors = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push(
      fieldError.invalid(
        "propagationPolicy",
        propagationPolicy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    errors.push(fieldError.notSupported("propagationPolicy", propagationPolicy, [...POLICIES, "nil"]));
  }
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
}

/** Throws 409 when the object is not the one that the request means. */
export function checkPreconditions(kind: Kind, object: DeepReadonly<KubeObject>, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = object;
  // Upstream names the kind here, not the resource.
  const named = { group: kind.errorGroup ?? kind.group, resource: kind.kind };
  const name = metadata.name ?? "";
  if (uid !== undefined && uid !== (metadata.uid ?? "")) {
    throw conflict(
      named,
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ""}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      named,
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** Decides, from the object as it is, what a delete request does; pure but for the copy that it makes. */
export function planDeletion(
  kind: Kind,
  object: DeepReadonly<KubeObject>,
  options: DeleteOptions,
  context: {
    readonly nowMs: number;
    heldBack(object: DeepReadonly<KubeObject>): boolean;
    markDeleting(object: KubeObject): void;
  },
): DeletionPlan {
  const copy = copyJson(object) as KubeObject;
  const graceful = markGraceful(kind, copy, options, context.nowMs);
  if (graceful === "pending") return { type: "pending" };
  const finalizers = finalizersFor(kind, object, options);
  if (finalizers) setFinalizers(copy, finalizers);
  if (graceful === "marked") {
    if (!object.metadata.deletionTimestamp) context.markDeleting(copy);
    const waits = (copy.metadata.deletionGracePeriodSeconds ?? 0) > 0 || isHeld(copy, context);
    return { type: "mark", object: copy, thenDelete: !waits };
  }
  if (!isHeld(copy, context)) return { type: "now" };
  const first = !object.metadata.deletionTimestamp;
  if (!first && context.heldBack(object)) return { type: "pending" };
  markAsDeleting(copy, context.nowMs);
  if (first) context.markDeleting(copy);
  return { type: "mark", object: copy, thenDelete: false };
}

const isHeld = (object: KubeObject, context: { heldBack(object: DeepReadonly<KubeObject>): boolean }): boolean =>
  (object.metadata.finalizers?.length ?? 0) > 0 || context.heldBack(object);

function setFinalizers(object: KubeObject, finalizers: string[]): void {
  if (finalizers.length > 0) object.metadata.finalizers = finalizers;
  else delete object.metadata.finalizers;
}

/** Sets the deletion's time and grace period where the kind is deleted gracefully. */
function markGraceful(
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): "none" | "pending" | "marked" {
  if (!kind.graceful) return "none";
  const { metadata } = object;
  const requested = options.gracePeriodSeconds === undefined ? undefined : nonNegative(options.gracePeriodSeconds);
  if (metadata.deletionTimestamp) {
    const running = metadata.deletionGracePeriodSeconds;
    if (running === undefined) return "none";
    if (requested === undefined || requested >= running) return "pending";
    const endMs = (parseTime(metadata.deletionTimestamp) ?? nowMs) + (requested - running) * SECOND_MS;
    metadata.deletionTimestamp = formatTime(endMs);
    metadata.deletionGracePeriodSeconds = requested;
    return "marked";
  }
  const seconds = kind.graceful.graceSeconds(object, requested);
  metadata.deletionTimestamp = formatTime(nowMs + seconds * SECOND_MS);
  metadata.deletionGracePeriodSeconds = seconds;
  if (metadata.generation) metadata.generation += 1;
  return "marked";
}

/** A negative grace period means one second. */
const nonNegative = (seconds: number): number => (seconds < 0 ? 1 : seconds);

/** The object stays until its finalizers are gone. */
function markAsDeleting(object: KubeObject, nowMs: number): void {
  const { metadata } = object;
  if (!metadata.deletionTimestamp && metadata.generation) metadata.generation += 1;
  if (!metadata.deletionTimestamp || (parseTime(metadata.deletionTimestamp) ?? 0) > nowMs) {
    metadata.deletionTimestamp = formatTime(nowMs);
  }
  metadata.deletionGracePeriodSeconds = 0;
}

/** The finalizers after the request has its say on dependents; undefined: as they are. */
function finalizersFor(kind: Kind, object: DeepReadonly<KubeObject>, options: DeleteOptions): string[] | undefined {
  const present = object.metadata.finalizers ?? [];
  const wanted = present.filter((name) => name !== ORPHAN_FINALIZER && name !== FOREGROUND_FINALIZER);
  if (orphansDependents(kind, present, options)) wanted.push(ORPHAN_FINALIZER);
  if (deletesDependents(present, options)) wanted.push(FOREGROUND_FINALIZER);
  const same = wanted.length === present.length && wanted.every((name) => present.includes(name));
  return same ? undefined : wanted;
}

function orphansDependents(kind: Kind, finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === "Orphan";
  if (finalizers.includes(ORPHAN_FINALIZER)) return true;
  if (finalizers.includes(FOREGROUND_FINALIZER)) return false;
  return kind.defaultPropagation === "orphan";
}

function deletesDependents(finalizers: readonly string[], options: DeleteOptions): boolean {
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === "Foreground";
  if (finalizers.includes(ORPHAN_FINALIZER)) return false;
  return finalizers.includes(FOREGROUND_FINALIZER);
}
