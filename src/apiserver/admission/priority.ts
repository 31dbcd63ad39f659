// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod, PriorityClass } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden, isWriteTo } from "./attributes.ts";
import { ObservedObjects } from "./observed-objects.ts";

const GROUP = "scheduling.k8s.io";
const DEFAULT_POLICY = "PreemptLowerPriority";

interface Resolved {
  readonly className?: string;
  readonly value: number;
  readonly policy: string | undefined;
}

type Classes = ObservedObjects<PriorityClass>;

/** Of several global defaults (a race can make them) the lowest counts. */
function globalDefault(classes: Classes): DeepReadonly<PriorityClass> | undefined {
  let found: DeepReadonly<PriorityClass> | undefined;
  for (const candidate of classes.values()) {
    if (candidate.globalDefault && (!found || (candidate.value ?? 0) < (found.value ?? 0))) found = candidate;
  }
  return found;
}

function resolve(attributes: AdmissionAttributes, className: string | undefined, classes: Classes): Resolved {
  const found = className ? classes.get(className) : globalDefault(classes);
  if (found) return { className: found.metadata.name, value: found.value ?? 0, policy: found.preemptionPolicy };
  if (className) throw admissionForbidden(attributes, `no PriorityClass with name ${className} was found`);
  return { value: 0, policy: DEFAULT_POLICY };
}

function setPriority(attributes: AdmissionAttributes, classes: Classes): void {
  const { spec } = attributes.object as Pod;
  const resolved = resolve(attributes, spec.priorityClassName, classes);
  if (resolved.className) spec.priorityClassName = resolved.className;
  if (spec.priority !== undefined && spec.priority !== resolved.value) {
    throw admissionForbidden(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${resolved.value} from the given PriorityClass name`,
    );
  }
  spec.priority = resolved.value;
  if (!resolved.policy) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== resolved.policy) {
    throw admissionForbidden(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${resolved.policy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = resolved.policy;
}

/** Clients that do not know the two fields leave them out of an update: they are kept. */
function keepPriority({ object, oldObject }: AdmissionAttributes): void {
  const { spec } = object as Pod;
  const { spec: old } = oldObject as Pod;
  if (spec.priority === undefined && old.priority !== undefined) spec.priority = old.priority;
  if (spec.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) {
    spec.preemptionPolicy = old.preemptionPolicy;
  }
}

/** Turns a pod's priority class into its number, and allows one global default only. */
export function priority(stores: ResourceStores): AdmissionPlugin {
  const classes = new ObservedObjects<PriorityClass>(stores, GROUP, "priorityclasses");
  const isPod = (attributes: AdmissionAttributes): boolean => isWriteTo(attributes, "", "pods", "CREATE", "UPDATE");
  const isClass = (attributes: AdmissionAttributes): boolean =>
    isWriteTo(attributes, GROUP, "priorityclasses", "CREATE", "UPDATE");
  return {
    name: "Priority",
    handles: (attributes) => isPod(attributes) || isClass(attributes),
    admit(attributes) {
      if (!isPod(attributes)) return;
      if (attributes.operation === "CREATE") setPriority(attributes, classes);
      else keepPriority(attributes);
    },
    validate(attributes) {
      if (!isClass(attributes)) return;
      const { globalDefault: isDefault, metadata } = attributes.object as PriorityClass;
      if (!isDefault) return;
      const existing = globalDefault(classes);
      if (!existing || existing.metadata.name === metadata.name) return;
      throw admissionForbidden(
        attributes,
        `PriorityClass ${existing.metadata.name} is already marked as default. Only one default can exist`,
      );
    },
  };
}
