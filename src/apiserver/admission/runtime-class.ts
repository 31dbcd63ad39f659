// SPDX-License-Identifier: Apache-2.0

import { compareQuantities, goQuote, sentEmpty, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod, RuntimeClass, Toleration } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden, isWriteTo } from "./attributes.ts";

const GROUP = "node.k8s.io";
type Quantities = Readonly<Record<string, string>>;

function sameQuantities(a: Quantities, b: Quantities): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => b[key] !== undefined && compareQuantities(a[key]!, b[key]) === 0)
  );
}

const OVERHEAD_MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const OVERHEAD_ALONE = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

function setOverhead(attributes: AdmissionAttributes, pod: Pod, fixed: Quantities): void {
  if (pod.spec.overhead && !sameQuantities(fixed, pod.spec.overhead)) {
    throw admissionForbidden(attributes, OVERHEAD_MISMATCH);
  }
  pod.spec.overhead = { ...fixed };
}

const sameToleration = (a: DeepReadonly<Toleration>, b: DeepReadonly<Toleration>): boolean =>
  (a.key ?? "") === (b.key ?? "") &&
  (a.operator || "Equal") === (b.operator || "Equal") &&
  (a.value ?? "") === (b.value ?? "") &&
  (a.effect ?? "") === (b.effect ?? "") &&
  a.tolerationSeconds === b.tolerationSeconds;

function setScheduling(
  attributes: AdmissionAttributes,
  pod: Pod,
  scheduling: NonNullable<DeepReadonly<RuntimeClass>["scheduling"]>,
): void {
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = pod.spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw admissionForbidden(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
    }
    pod.spec.nodeSelector = { ...pod.spec.nodeSelector, [key]: value };
  }
  for (const toleration of scheduling.tolerations ?? []) {
    const own = pod.spec.tolerations ?? [];
    if (!own.some((other) => sameToleration(other, toleration))) pod.spec.tolerations = [...own, { ...toleration }];
  }
}

function apply(attributes: AdmissionAttributes, runtimeClass: DeepReadonly<RuntimeClass>): void {
  const pod = attributes.object as Pod;
  const fixed = runtimeClass.overhead?.podFixed;
  if (fixed) setOverhead(attributes, pod, fixed as Quantities);
  if (runtimeClass.scheduling) setScheduling(attributes, pod, runtimeClass.scheduling);
}

/** A pod takes overhead and scheduling from the RuntimeClass that it names, which must exist. */
export function runtimeClass(stores: ResourceStores): AdmissionPlugin {
  const find = (attributes: AdmissionAttributes): DeepReadonly<RuntimeClass> | undefined => {
    const name = (attributes.object as Pod).spec.runtimeClassName;
    if (name === undefined) return undefined;
    if (name === "") throw new StatusError({ message: "resource name may not be empty", code: 500 });
    const found = stores.find(GROUP, "runtimeclasses")?.peek("", name);
    if (!found) throw admissionForbidden(attributes, `pod rejected: RuntimeClass ${goQuote(name)} not found`);
    return found as DeepReadonly<RuntimeClass>;
  };
  return {
    name: "RuntimeClass",
    handles: (attributes) => isWriteTo(attributes, "", "pods", "CREATE"),
    admit(attributes) {
      const found = find(attributes);
      if (found) apply(attributes, found);
    },
    validate(attributes) {
      const { spec } = attributes.object as Pod;
      const overhead = spec.overhead ?? (sentEmpty(spec, "overhead") ? {} : undefined);
      const fixed = find(attributes)?.overhead?.podFixed;
      if (fixed && (!overhead || !sameQuantities(fixed as Quantities, overhead))) {
        throw admissionForbidden(attributes, OVERHEAD_MISMATCH);
      }
      if (!fixed && overhead) throw admissionForbidden(attributes, OVERHEAD_ALONE);
    },
  };
}
