// SPDX-License-Identifier: Apache-2.0

import type { Container, Pod, Service, ServicePort } from "../../api/index.ts";
import { type DeepReadonly, labelSelectorOfSet, semanticEqual } from "../../apimachinery/index.ts";
import { keyOf, type Cached, type Informer, type Lister, type WorkQueue } from "../../client/index.ts";
import { isPodReady, isSidecar } from "../../rules/index.ts";

/** A Service with neither an address of its own nor one to come. */
export const isHeadless = (service: DeepReadonly<Service>): boolean =>
  service.spec?.clusterIP === "None" || !service.spec?.clusterIP;

/** Whether the endpoints of a Service are found by its selector. */
export const hasEndpoints = (service: DeepReadonly<Service>): boolean =>
  service.spec?.type !== "ExternalName" && service.spec?.selector !== undefined;

/** The pods that a Service selects. */
export function podsOf(service: Cached<Service>, pods: Lister<Pod>): Cached<Pod>[] {
  const selector = labelSelectorOfSet(service.spec.selector);
  const selected: Cached<Pod>[] = [];
  for (const pod of pods.byNamespace(service.metadata.namespace ?? "")) {
    if (selector.matches(pod.metadata.labels)) selected.push(pod);
  }
  return selected;
}

function namedPort(containers: readonly DeepReadonly<Container>[], name: string, protocol: string): number | undefined {
  for (const container of containers) {
    for (const port of container.ports ?? []) {
      if (port.name === name && (port.protocol ?? "TCP") === protocol) return port.containerPort;
    }
  }
  return undefined;
}

/** The number of a Service's port in a pod; undefined when the pod has no port of that name. */
export function targetPortIn(pod: DeepReadonly<Pod>, port: DeepReadonly<ServicePort>): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  const protocol = port.protocol ?? "TCP";
  const { containers, initContainers = [] } = pod.spec;
  return namedPort(containers, target, protocol) ?? namedPort(initContainers.filter(isSidecar), target, protocol);
}

/** Whether the Service's DNS name for the pod is its host name. */
export const setsHostname = (pod: Cached<Pod>, service: Cached<Service>): boolean =>
  Boolean(pod.spec.hostname) &&
  pod.spec.subdomain === service.metadata.name &&
  pod.metadata.namespace === service.metadata.namespace;

function endpointChanged(pod: Cached<Pod>, old: Cached<Pod>): boolean {
  return (
    isPodReady(pod) !== isPodReady(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    pod.status.phase !== old.status.phase ||
    pod.spec.nodeName !== old.spec.nodeName ||
    pod.spec.hostname !== old.spec.hostname ||
    pod.spec.subdomain !== old.spec.subdomain ||
    pod.metadata.uid !== old.metadata.uid ||
    pod.status.podIP !== old.status.podIP ||
    !semanticEqual(pod.status.podIPs, old.status.podIPs)
  );
}

const selects = (service: Cached<Service>, labels: Readonly<Record<string, string>> | undefined): boolean => {
  const { selector } = service.spec;
  if (!selector) return false;
  for (const key in selector) if (labels?.[key] !== selector[key]) return false;
  return true;
};

/** Enqueues services that change, and those whose pods do in a way that endpoints show. */
export function watchServicePods(options: {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly queue: WorkQueue;
}): void {
  const { services, pods, queue } = options;
  const wake = (service: Cached<Service>): void => queue.add(keyOf(service));
  services.addHandler({ added: wake, updated: wake, deleted: wake });
  const wakeSelecting = (pod: Cached<Pod>): void => {
    for (const service of services.lister.byNamespace(pod.metadata.namespace ?? "")) {
      if (selects(service, pod.metadata.labels)) wake(service);
    }
  };
  pods.addHandler({
    added: wakeSelecting,
    deleted: wakeSelecting,
    updated: (pod, old) => {
      const relabeled = !semanticEqual(pod.metadata.labels, old.metadata.labels);
      if (relabeled) wakeSelecting(old);
      if (relabeled || endpointChanged(pod, old)) wakeSelecting(pod);
    },
  });
}
