// SPDX-License-Identifier: Apache-2.0

import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  quantityMilliValue,
  type DeepReadonly,
  type Quantity,
} from "../../apimachinery/index.ts";
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from "../../api/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { ObservedObjects } from "./observed-objects.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

type Quantities = Readonly<Record<string, string>>;
type Item = DeepReadonly<LimitRangeItem>;

const quantities = (value: unknown): Quantities => (value ?? {}) as Quantities;

/** Defaults of all ranges of a namespace for containers: the later range wins. */
function containerDefaults(ranges: readonly DeepReadonly<LimitRange>[]): { requests: Quantities; limits: Quantities } {
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  for (const item of ranges.flatMap(({ spec }) => spec?.limits ?? [])) {
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

function fillPod(pod: Pod, ranges: readonly DeepReadonly<LimitRange>[]): void {
  const { requests, limits } = containerDefaults(ranges);
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
    if (limit === undefined) {
      if (type !== "PersistentVolumeClaim") {
        return [`maximum ${name} usage per ${type} is ${most}.  No limit is specified`];
      }
    } else if (compareQuantities(limit, most) > 0) {
      return [`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`];
    }
    if (request !== undefined && compareQuantities(request, most) > 0) {
      return [`maximum ${name} usage per ${type} is ${most}, but request is ${request}`];
    }
    return [];
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

function sum(lists: readonly Quantities[]): Quantities {
  const total: Record<string, Quantity> = {};
  const zero = "0";
  for (const list of lists) {
    for (const [name, value] of Object.entries(list)) total[name] = addQuantities(total[name] ?? zero, value);
  }
  return Object.fromEntries(Object.entries(total).map(([name, value]) => [name, formatQuantity(value)]));
}

/** A pod's limit holds only where each of its containers has one. */
function podAsked({ spec }: Pod): Asked {
  const of = (list: "requests" | "limits") => spec.containers.map(({ resources }) => quantities(resources?.[list]));
  const total = { requests: sum(of("requests")), limits: sum(of("limits")) };
  return { type: "Pod", ...total };
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
  return items
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => [
      ...minErrors(item, { type: "PersistentVolumeClaim", requests, limits: {} }),
      ...maxErrors(item, { type: "PersistentVolumeClaim", requests, limits: {} }),
    ]);
}

/** Several errors in one sentence, as upstream's aggregate prints them. */
const aggregate = (errors: readonly string[]): string => {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(", ")}]`;
};

/** Gives containers the requests and limits of their namespace, and refuses what is out of its ranges. */
export function limitRanger(stores: ResourceStores): AdmissionPlugin {
  const ranges = new ObservedObjects<LimitRange>(stores, "", "limitranges");
  const rangesOf = (namespace: string): DeepReadonly<LimitRange>[] =>
    [...ranges.values()].filter(({ metadata }) => metadata.namespace === namespace);
  const isPod = ({ kind, resource }: AdmissionAttributes): boolean => kind.group === "" && resource === "pods";
  return {
    name: "LimitRanger",
    handles: ({ kind, resource, subresource, operation }) =>
      kind.group === "" &&
      subresource === "" &&
      ((resource === "pods" && operation === "CREATE") ||
        (resource === "persistentvolumeclaims" && (operation === "CREATE" || operation === "UPDATE"))),
    admit(attributes) {
      if (!isPod(attributes)) return;
      const found = rangesOf(attributes.namespace);
      if (found.length > 0) fillPod(attributes.object as Pod, found);
    },
    validate(attributes) {
      const items = rangesOf(attributes.namespace).flatMap(({ spec }) => spec?.limits ?? []);
      if (items.length === 0) return;
      const errors = isPod(attributes)
        ? podErrors(attributes.object as Pod, items)
        : claimErrors(attributes.object as PersistentVolumeClaim, items);
      if (errors.length > 0) throw admissionForbidden(attributes, aggregate(errors));
    },
  };
}
