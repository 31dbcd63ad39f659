// SPDX-License-Identifier: Apache-2.0

import { type DeepReadonly, LabelSelector, labelSelectorOf, labelSelectorOfSet } from "../apimachinery/index.ts";
import type { LabelSelector as LabelSelectorFields, Service } from "../api/index.ts";
import type { PodInfo } from "./pod-info.ts";

type Labels = Readonly<Record<string, string>>;

/** What pods belong to, where it is looked up. */
export interface SiblingSources {
  services(namespace: string): Iterable<DeepReadonly<Service>>;
  /** The selector of a replica set or stateful set; undefined when there is none of the name. */
  setSelector(kind: "ReplicaSet" | "StatefulSet", namespace: string, name: string): SelectorFields | undefined;
  replicationControllerSelector(namespace: string, name: string): Labels | undefined;
}

type SelectorFields = DeepReadonly<LabelSelectorFields>;

export const noSiblings: SiblingSources = {
  services: () => [],
  setSelector: () => undefined,
  replicationControllerSelector: () => undefined,
};

/** The labels by which services select the pod; they cannot contradict each other, since all match it. */
function serviceLabels(pod: PodInfo, sources: SiblingSources): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const { spec } of sources.services(pod.namespace)) {
    const selector = spec?.selector;
    if (!selector) continue;
    let matches = true;
    for (const key in selector) matches &&= pod.labels[key] === selector[key];
    if (matches) Object.assign(labels, selector);
  }
  return labels;
}

/**
 * Selects the pods that serve and are owned together with a pod, as upstream's DefaultSelector; one that matches
 * everything when the pod belongs to nothing.
 */
export function siblingSelector(pod: PodInfo, sources: SiblingSources): LabelSelector {
  const labels = serviceLabels(pod, sources);
  const owner = pod.pod.metadata.ownerReferences?.find((reference) => reference.controller);
  if (owner?.apiVersion === "v1" && owner.kind === "ReplicationController")
    Object.assign(labels, sources.replicationControllerSelector(pod.namespace, owner.name));
  const own = labelSelectorOfSet(labels);
  if (owner?.apiVersion !== "apps/v1" || (owner.kind !== "ReplicaSet" && owner.kind !== "StatefulSet")) return own;
  const fields = sources.setSelector(owner.kind, pod.namespace, owner.name);
  return fields ? new LabelSelector([...own.requirements, ...labelSelectorOf(fields).requirements]) : own;
}
