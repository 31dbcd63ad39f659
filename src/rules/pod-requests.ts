// SPDX-License-Identifier: Apache-2.0

import type { Container, ContainerStatus, Pod, ResourceRequirements } from "../api/index.ts";
import { addQuantities, compareQuantities, formatQuantity, type DeepReadonly } from "../apimachinery/index.ts";

/** Amounts by resource name, as the API writes them. */
export type ResourceList = Readonly<Record<string, string>>;

/** What of a pod's resources is asked for. */
export interface PodResourcesOptions {
  /** Counts what the node has allocated as well as what the spec asks for (resize in place). */
  readonly useStatus?: boolean;
  /** Leaves out pod.spec.overhead. */
  readonly withoutOverhead?: boolean;
  /** Leaves out pod.spec.resources. */
  readonly withoutPodLevel?: boolean;
}

const NOTHING: ResourceList = {};

function sum(a: ResourceList, b: ResourceList): ResourceList {
  if (b === NOTHING || Object.keys(b).length === 0) return a;
  if (a === NOTHING) return b;
  const out: Record<string, string> = { ...a };
  for (const name in b) {
    const have = out[name];
    out[name] = have === undefined ? b[name]! : formatQuantity(addQuantities(have, b[name]!));
  }
  return out;
}

function maximum(a: ResourceList, b: ResourceList): ResourceList {
  if (b === NOTHING || Object.keys(b).length === 0) return a;
  if (a === NOTHING) return b;
  const out: Record<string, string> = { ...a };
  for (const name in b) {
    const have = out[name];
    if (have === undefined || compareQuantities(b[name]!, have) > 0) out[name] = b[name]!;
  }
  return out;
}

/** A container that runs beside the others although it is listed under initContainers. */
export const isSidecar = (container: DeepReadonly<Container>): boolean => container.restartPolicy === "Always";

/**
 * What a pod needs while its containers come up one after the other: the sum of those that run together, or what an init
 * container needs beside the sidecars started before it, whichever is more.
 */
function overContainers(
  pod: DeepReadonly<Pod>,
  amountOf: (container: DeepReadonly<Container>, initContainer: boolean) => ResourceList,
): ResourceList {
  let together: ResourceList = NOTHING;
  for (const container of pod.spec.containers ?? []) together = sum(together, amountOf(container, false));
  let sidecars: ResourceList = NOTHING;
  let starting: ResourceList = NOTHING;
  for (const container of pod.spec.initContainers ?? []) {
    const own = amountOf(container, true);
    if (isSidecar(container)) {
      together = sum(together, own);
      sidecars = sum(sidecars, own);
      starting = maximum(starting, sidecars);
    } else {
      starting = maximum(starting, sum(sidecars, own));
    }
  }
  return maximum(together, starting);
}

/** Resources that pod.spec.resources may state for the pod as a whole. */
const isPodLevelResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || name.startsWith("hugepages-");

function overridden(own: ResourceList, podLevel: ResourceList | undefined): ResourceList {
  if (!podLevel) return own;
  const out: Record<string, string> = { ...own };
  for (const name in podLevel) if (isPodLevelResource(name)) out[name] = podLevel[name]!;
  return out;
}

function statusOf(pod: DeepReadonly<Pod>, name: string, init: boolean): DeepReadonly<ContainerStatus> | undefined {
  const statuses = init ? pod.status?.initContainerStatuses : pod.status?.containerStatuses;
  return statuses?.find((status) => status.name === name);
}

const resizeIsInfeasible = (pod: DeepReadonly<Pod>): boolean =>
  pod.status?.conditions?.some((c) => c.type === "PodResizePending" && c.reason === "Infeasible") ?? false;

function containerRequests(
  pod: DeepReadonly<Pod>,
  container: DeepReadonly<Container>,
  init: boolean,
  useStatus: boolean,
): ResourceList {
  const asked = container.resources?.requests ?? NOTHING;
  if (!useStatus) return asked;
  const status = statusOf(pod, container.name, init);
  if (!status) return asked;
  const actual = maximum(status.resources?.requests ?? NOTHING, status.allocatedResources ?? NOTHING);
  return resizeIsInfeasible(pod) ? actual : maximum(asked, actual);
}

const podResources = (pod: DeepReadonly<Pod>): DeepReadonly<ResourceRequirements> | undefined => pod.spec.resources;

/** What a pod requests of its node: containers, sidecars, init containers, pod-level resources and overhead. */
export function podRequests(pod: DeepReadonly<Pod>, options: PodResourcesOptions = {}): ResourceList {
  const { useStatus = false, withoutOverhead = false, withoutPodLevel = false } = options;
  const own = overContainers(pod, (container, init) => containerRequests(pod, container, init, useStatus));
  const all = withoutPodLevel ? own : overridden(own, podResources(pod)?.requests);
  return withoutOverhead || !pod.spec.overhead ? all : sum(all, pod.spec.overhead);
}

/** The most that a pod may use; overhead counts only where there is a limit. */
export function podLimits(pod: DeepReadonly<Pod>, options: PodResourcesOptions = {}): ResourceList {
  const own = overContainers(pod, (container) => container.resources?.limits ?? NOTHING);
  const all = options.withoutPodLevel ? own : overridden(own, podResources(pod)?.limits);
  const { overhead } = pod.spec;
  if (options.withoutOverhead || !overhead) return all;
  const limited: Record<string, string> = {};
  for (const name in overhead) if (all[name] !== undefined) limited[name] = overhead[name]!;
  return sum(all, limited);
}
