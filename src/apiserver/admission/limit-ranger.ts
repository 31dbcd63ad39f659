// SPDX-License-Identifier: Apache-2.0

import { compareQuantities, quantityMilliValue, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import { aggregateText } from "../authorization/aggregate-text.ts";
import { podLimits, podRequests } from "../../rules/index.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { ObservedObjects } from "./observed-objects.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

type Quantities = Readonly<Record<string, string>>;
type Item = DeepReadonly<LimitRangeItem>;

const quantities = (value: unknown): Quantities => (value ?? {}) as Quantities;

/** Defaults of a range for containers: the later item wins. */
function containerDefaults({ spec }: DeepReadonly<LimitRange>): { requests: Quantities; limits: Quantities } {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const item of spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    Object.assign(requests, item.defaultRequest);
    Object.assign(limits, item.default);
  }
  return { requests, limits };
}

/** Fills what a container leaves open; says which resources it filled. */
function fill(container: Container, list: "requests" | "limits", defaults: Quantities): string[] {
  const own = quantities(container.resources?.[list]);
  const missing = Object.keys(defaults).filter((name) => own[name] === undefined);
  if (missing.length === 0) return [];
  const filled = { ...own, ...Object.fromEntries(missing.map((name) => [name, defaults[name]!])) };
  container.resources = { ...container.resources, [list]: filled };
  return missing.sort();
}

/** What one range has filled no other changes; the annotation tells of the last that filled something. */
function fillPod(pod: Pod, range: DeepReadonly<LimitRange>): void {
  const { requests, limits } = containerDefaults(range);
  const notes: string[] = [];
  const apply = (kind: string, containers: readonly Container[] | undefined): void => {
    for (const container of containers ?? []) {
      const requested = fill(container, "requests", requests);
      const limited = fill(container, "limits", limits);
      if (requested.length > 0) notes.push(`${requested.join(", ")} request for ${kind} ${container.name}`);
      if (limited.length > 0) notes.push(`${limited.join(", ")} limit for ${kind} ${container.name}`);
    }
  };
  apply("container", pod.spec.containers);
  apply("init container", pod.spec.initContainers);
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}`,
  };
}

/** What one thing asks for, and what the messages call it. */
interface Asked {
  readonly type: string;
  readonly requests: Quantities;
  readonly limits: Quantities;
}

const limitsOf = (item: Item, name: "min" | "max" | "maxLimitRequestRatio"): [string, string][] =>
  Object.entries(quantities(item[name]));

function minErrors(item: Item, { type, requests, limits }: Asked): string[] {
  return limitsOf(item, "min").flatMap(([name, least]) => {
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) {
      return [`minimum ${name} usage per ${type} is ${least}.  No request is specified`];
    }
    if (compareQuantities(request, least) < 0) {
      return [`minimum ${name} usage per ${type} is ${least}, but request is ${request}`];
    }
    if (limit !== undefined && compareQuantities(limit, least) < 0) {
      return [`minimum ${name} usage per ${type} is ${least}, but limit is ${limit}`];
    }
    return [];
  });
}

function maxErrors(item: Item, { type, requests, limits }: Asked): string[] {
  return limitsOf(item, "max").flatMap(([name, most]) => {
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) return [`maximum ${name} usage per ${type} is ${most}.  No limit is specified`];
    if (compareQuantities(limit, most) > 0) {
      return [`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`];
    }
    if (request !== undefined && compareQuantities(request, most) > 0) {
      return [`maximum ${name} usage per ${type} is ${most}, but request is ${request}`];
    }
    return [];
  });
}

/** Claims have no limits: what they request is bounded. */
function maxRequestErrors(item: Item, { type, requests }: Asked): string[] {
  return limitsOf(item, "max").flatMap(([name, most]) => {
    const request = requests[name];
    if (request === undefined) return [`maximum ${name} usage per ${type} is ${most}.  No request is specified`];
    if (compareQuantities(request, most) <= 0) return [];
    return [`maximum ${name} usage per ${type} is ${most}, but request is ${request}`];
  });
}

function ratioErrors(item: Item, { type, requests, limits }: Asked): string[] {
  return limitsOf(item, "maxLimitRequestRatio").flatMap(([name, ratio]) => {
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined || quantityMilliValue(request) === 0) {
      return [
        `${name} max limit to request ratio per ${type} is ${ratio}, but no request is specified or request is 0`,
      ];
    }
    if (limit === undefined || quantityMilliValue(limit) === 0) {
      return [`${name} max limit to request ratio per ${type} is ${ratio}, but no limit is specified or limit is 0`];
    }
    const actual = quantityMilliValue(limit) / quantityMilliValue(request);
    if (actual * 1000 <= quantityMilliValue(ratio)) return [];
    return [`${name} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${actual.toFixed(6)}`];
  });
}

const errorsOf = (item: Item, asked: Asked): string[] => [
  ...minErrors(item, asked),
  ...maxErrors(item, asked),
  ...ratioErrors(item, asked),
];

/** Of what a pod states as a whole, only these count here. */
const withPodLevel = (amounts: Quantities, { cpu, memory }: Quantities): Quantities => ({
  ...amounts,
  ...(cpu === undefined ? {} : { cpu }),
  ...(memory === undefined ? {} : { memory }),
});

/** What a pod asks for, its init containers and sidecars counted; overhead is nothing that it asks for. */
function podAsked(pod: Pod): Asked {
  const options = { withoutOverhead: true, withoutPodLevel: true };
  const { requests, limits } = pod.spec.resources ?? {};
  return {
    type: "Pod",
    requests: withPodLevel(podRequests(pod, options), quantities(requests)),
    limits: withPodLevel(podLimits(pod, options), quantities(limits)),
  };
}

function podErrors(pod: Pod, items: readonly Item[]): string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return items.flatMap((item) => {
    if (item.type === "Pod") return errorsOf(item, podAsked(pod));
    if (item.type !== "Container") return [];
    return containers.flatMap(({ resources }) =>
      errorsOf(item, {
        type: "Container",
        requests: quantities(resources?.requests),
        limits: quantities(resources?.limits),
      }),
    );
  });
}

function claimErrors(claim: PersistentVolumeClaim, items: readonly Item[]): string[] {
  const requests = quantities(claim.spec?.resources?.requests);
  const asked = { type: "PersistentVolumeClaim", requests, limits: {} };
  return items
    .filter(({ type }) => type === asked.type)
    .flatMap((item) => [...minErrors(item, asked), ...maxRequestErrors(item, asked)]);
}

const isPod = ({ kind, resource }: AdmissionAttributes): boolean => kind.group === "" && resource === "pods";

/** Containers neither come nor change but by a resize; claims may grow. What is being deleted is left alone. */
function isBounded({ kind, resource, subresource, operation, oldObject }: AdmissionAttributes): boolean {
  if (kind.group !== "" || oldObject?.metadata.deletionTimestamp) return false;
  if (resource === "pods") {
    return subresource === "" ? operation === "CREATE" : subresource === "resize" && operation === "UPDATE";
  }
  const isWritten = operation === "CREATE" || operation === "UPDATE";
  return resource === "persistentvolumeclaims" && subresource === "" && isWritten;
}

/** Gives containers the requests and limits of their namespace, and refuses what is out of its ranges. */
export function limitRanger(stores: ResourceStores): AdmissionPlugin {
  const ranges = new ObservedObjects<LimitRange>(stores, "", "limitranges");
  return {
    name: "LimitRanger",
    handles: isBounded,
    admit(attributes) {
      if (!isPod(attributes)) return;
      for (const range of ranges.values(attributes.namespace)) fillPod(attributes.object as Pod, range);
    },
    validate(attributes) {
      // Each range is asked on its own: the first that refuses tells its reasons.
      for (const { spec } of ranges.values(attributes.namespace)) {
        const items = spec?.limits ?? [];
        const errors = isPod(attributes)
          ? podErrors(attributes.object as Pod, items)
          : claimErrors(attributes.object as PersistentVolumeClaim, items);
        if (errors.length > 0) throw admissionForbidden(attributes, aggregateText(errors));
      }
    },
  };
}
