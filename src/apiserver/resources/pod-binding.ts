// SPDX-License-Identifier: Apache-2.0

import {
  badRequest,
  conflict,
  formatTime,
  goQuote,
  nameIsPathSegment,
  StatusError,
  type DeepReadonly,
  type KubeObject,
} from "../../apimachinery/index.ts";
import type { Binding, Pod, PodCondition } from "../../api/index.ts";
import type { Clock } from "../../base/index.ts";
import type { GenericResourceStore } from "../registry/index.ts";
import type { WriteOptions } from "../resource-store.ts";
import { updateStored } from "./stored-update.ts";

const RESOURCE = { group: "", resource: "pods" };
const BINDING_RESOURCE = { group: "", resource: "pods/binding" };

/** Mistakes of a Binding; upstream answers them as an internal error, and so do we. */
export function checkBinding({ target }: Binding): void {
  const errors: string[] = [];
  if (target.kind && target.kind !== "Node") {
    errors.push(`target.kind: Unsupported value: ${goQuote(target.kind)}: supported values: "Node", "<empty>"`);
  }
  if (!target.name) errors.push("target.name: Required value");
  if (errors.length === 0) return;
  throw new StatusError({ message: errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`, code: 500 });
}

function checkPreconditions(binding: Binding, { metadata }: DeepReadonly<KubeObject>): void {
  const refuse = (what: string, wanted: string, found: string | undefined): void => {
    if (wanted === found) return;
    throw conflict(
      RESOURCE,
      metadata.name ?? "",
      `StorageError: invalid object, Code: 4, Key: /pods/${metadata.namespace}/${metadata.name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`,
    );
  };
  if (binding.metadata.uid) refuse("UID", binding.metadata.uid, metadata.uid);
  if (binding.metadata.resourceVersion) {
    refuse("ResourceVersion", binding.metadata.resourceVersion, metadata.resourceVersion);
  }
}

function checkBindable(pod: Pod): void {
  const { name = "", deletionTimestamp } = pod.metadata;
  const refuse = (why: string): StatusError => conflict(BINDING_RESOURCE, name, why);
  if (deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

/** The condition that says so keeps its time when it already did. */
function markScheduled(pod: Pod, now: string): void {
  const conditions = pod.status?.conditions ?? [];
  const index = conditions.findIndex(({ type }) => type === "PodScheduled");
  const before = conditions[index];
  const condition: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null as unknown as undefined,
    lastTransitionTime: before?.status === "True" ? before.lastTransitionTime : now,
  };
  pod.status = {
    ...pod.status,
    conditions: index < 0 ? [...conditions, condition] : conditions.with(index, condition),
  };
}

function assign(pod: Pod, binding: Binding, now: string): void {
  checkBindable(pod);
  pod.spec.nodeName = binding.target.name!;
  const { annotations, labels } = binding.metadata;
  if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  if (labels) pod.metadata.labels = { ...pod.metadata.labels, ...labels };
  if (pod.status) delete pod.status.nominatedNodeName;
  markScheduled(pod, now);
}

/** Binds a pod to a node by compare-and-swap: of two schedulers one is told that it came too late. */
export async function bindPod(
  { pods, clock }: { readonly pods: GenericResourceStore; readonly clock: Clock },
  binding: Binding,
  target: { readonly namespace: string; readonly name: string },
  options: WriteOptions,
): Promise<void> {
  if (binding.metadata.name !== target.name) {
    throw badRequest("name in URL does not match name in Binding object");
  }
  const wrong = nameIsPathSegment(target.name, false);
  if (wrong.length > 0) throw badRequest(`Name parameter invalid: ${goQuote(target.name)}: ${wrong.join(";")}`);
  await updateStored(
    pods,
    target,
    (object, current) => {
      checkPreconditions(binding, current);
      assign(object as Pod, binding, formatTime(clock.nowMs()));
    },
    options,
  );
}
