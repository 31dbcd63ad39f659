// SPDX-License-Identifier: Apache-2.0

import type { Pod, ResourceQuota } from "../../api/index.ts";
import { compareQuantities, quantitySign, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import {
  addUsage,
  countsTowards,
  growthOf,
  isInScopes,
  isTerminatingPod,
  onlyNamed,
  quotaUsage,
  type CountedResource,
} from "../../rules/quota/index.ts";
import type { ResourceList } from "../../rules/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { ObservedObjects } from "./observed-objects.ts";

type Quota = DeepReadonly<ResourceQuota>;

/** Resources that every container has to name when a quota limits them, in the order in which they are told. */
const NAMED_BY_CONTAINERS = [
  "cpu",
  "limits.cpu",
  "limits.memory",
  "memory",
  "requests.cpu",
  "requests.memory",
] as const;

const listed = (amounts: ResourceList): string =>
  Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${amounts[name]}`)
    .join(",");

const isPods = ({ group, resource }: CountedResource): boolean => group === "" && resource === "pods";

/** Reviews are not stored, and events have never been counted. */
const IGNORED: ReadonlySet<string> = new Set([
  "/events",
  "events.k8s.io/events",
  "/bindings",
  "authorization.k8s.io/localsubjectaccessreviews",
]);

/** A pod that states cpu or memory as a whole needs no amounts of its containers. */
function statesItself({ spec }: DeepReadonly<Pod>): boolean {
  const names = [...Object.keys(spec.resources?.requests ?? {}), ...Object.keys(spec.resources?.limits ?? {})];
  return names.some((name) => name === "cpu" || name === "memory" || name.startsWith("hugepages-"));
}

/** What containers leave open although the quota limits it: `cpu for: a,b; memory for: a`. */
function unnamed(pod: DeepReadonly<Pod>, hard: readonly string[]): string | undefined {
  if (statesItself(pod)) return undefined;
  const missing = NAMED_BY_CONTAINERS.filter((name) => hard.includes(name)).flatMap((name) => {
    const list = name.startsWith("limits.") ? "limits" : "requests";
    const resource = name.slice(name.indexOf(".") + 1);
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
      .filter(({ resources }) => resources?.[list]?.[resource] === undefined)
      .map((container) => container.name);
    return containers.length > 0 ? [`${name} for: ${[...new Set(containers)].sort().join(",")}`] : [];
  });
  return missing.length > 0 ? `must specify ${missing.join("; ")}` : undefined;
}

/** What the quota's controller has seen of a quota counts, not what its owner has just written. */
const hardOf = ({ status }: Quota): ResourceList => status?.hard ?? {};

const grown = (growth: ResourceList): ResourceList =>
  onlyNamed(
    growth,
    Object.keys(growth).filter((name) => quantitySign(growth[name]!) > 0),
  );

/** What an object is charged for, by quota. */
interface Charge {
  readonly quota: Quota;
  readonly growth: ResourceList;
}

const countedOf = ({ kind, resource }: AdmissionAttributes): CountedResource => ({ group: kind.group, resource });

/** Which writes may need more: new objects, pods that begin or cease to end, resizes, Services and claims that change. */
function mayGrow({ kind, resource, subresource, operation, object, oldObject }: AdmissionAttributes): boolean {
  if (kind.group !== "" || (resource !== "pods" && resource !== "services" && resource !== "persistentvolumeclaims")) {
    return subresource === "" && operation === "CREATE";
  }
  if (operation === "CREATE") return subresource === "";
  if (operation !== "UPDATE") return false;
  if (resource === "services") return subresource === "";
  if (resource === "persistentvolumeclaims") return subresource === "" || subresource === "status";
  if (subresource === "resize") return true;
  return subresource === "" && isTerminatingPod(object as Pod) !== isTerminatingPod(oldObject as Pod);
}

/** Refuses what would go over a quota, and counts what does not, before it is written. */
export class ResourceQuotaPlugin implements AdmissionPlugin {
  readonly name = "ResourceQuota";
  readonly #stores: ResourceStores;
  readonly #clock: Clock;
  readonly #quotas: ObservedObjects<ResourceQuota>;

  constructor({ stores, clock }: { readonly stores: ResourceStores; readonly clock: Clock }) {
    this.#stores = stores;
    this.#clock = clock;
    this.#quotas = new ObservedObjects(stores, "", "resourcequotas");
  }

  handles(attributes: AdmissionAttributes): boolean {
    if (attributes.namespace === "" || !mayGrow(attributes)) return false;
    return !IGNORED.has(`${attributes.kind.group}/${attributes.resource}`);
  }

  validate(attributes: AdmissionAttributes): Promise<void> | void {
    const quotas = this.#quotasFor(attributes);
    if (quotas.length === 0) return;
    const counted = countedOf(attributes);
    for (const quota of quotas) checkStated(attributes, counted, quota);
    const charges = this.#charges(attributes, counted, quotas);
    // All are checked before any is charged: what one refuses must not use up another.
    for (const charge of charges) refuseExceeded(attributes, charge.quota, charge.growth);
    if (attributes.dryRun || charges.length === 0) return;
    return this.#charge(attributes, charges);
  }

  #quotasFor(attributes: AdmissionAttributes): Quota[] {
    const counted = countedOf(attributes);
    const found: Quota[] = [];
    for (const quota of this.#quotas.values(attributes.namespace)) {
      if (!Object.keys(hardOf(quota)).some((name) => countsTowards(counted, name))) continue;
      if (isInScopes(quota, counted, attributes.object!)) found.push(quota);
    }
    return found;
  }

  /** An update is charged for what it adds, but for all of it where the object was not within the quota's scopes. */
  #charges({ object, oldObject }: AdmissionAttributes, counted: CountedResource, quotas: readonly Quota[]): Charge[] {
    const nowMs = this.#clock.nowMs();
    const after = quotaUsage(counted, object!, nowMs);
    const added = oldObject ? growthOf(after, quotaUsage(counted, oldObject, nowMs)) : after;
    const charges: Charge[] = [];
    for (const quota of quotas) {
      const growth = oldObject && isInScopes(quota, counted, oldObject) ? added : after;
      const part = onlyNamed(grown(growth), Object.keys(hardOf(quota)));
      if (Object.keys(part).length > 0) charges.push({ quota, growth: part });
    }
    return charges;
  }

  async #charge(attributes: AdmissionAttributes, charges: readonly Charge[]): Promise<void> {
    for (const charge of charges) await this.#write(attributes, charge);
  }

  /** By compare-and-swap: of two that race for the last place one is refused. */
  async #write(attributes: AdmissionAttributes, { quota, growth }: Charge): Promise<void> {
    const store = this.#stores.find("", "resourcequotas");
    const { namespace = "", name = "" } = quota.metadata;
    await store?.update(
      namespace,
      name,
      (object) => {
        const current = object as ResourceQuota;
        refuseExceeded(attributes, current, growth);
        const used = addUsage(current.status?.used ?? {}, growth);
        return { ...current, status: { ...current.status, used } };
      },
      {
        user: attributes.user,
        subresource: "status",
        fieldManager: "kube-apiserver",
        warnings: [],
        signal: attributes.signal,
      },
    );
  }
}

/** Refuses a pod that leaves open what the quota limits, and anything while the quota's usage is not known. */
function checkStated(attributes: AdmissionAttributes, counted: CountedResource, quota: Quota): void {
  const { name } = quota.metadata;
  const names = Object.keys(hardOf(quota)).filter((resource) => countsTowards(counted, resource));
  const missing = isPods(counted) ? unnamed(attributes.object as Pod, names) : undefined;
  if (missing) throw admissionForbidden(attributes, `failed quota: ${name}: ${missing}`);
  if (names.every((resource) => quota.status?.used?.[resource] !== undefined)) return;
  throw admissionForbidden(attributes, `status unknown for quota: ${name}, resources: ${names.sort().join(",")}`);
}

/** What only a status says is counted, whatever the quota. */
function refuseExceeded(attributes: AdmissionAttributes, quota: Quota, growth: ResourceList): void {
  if (attributes.subresource === "status") return;
  const hard = hardOf(quota);
  const used = quota.status?.used ?? {};
  const after = addUsage(used, growth);
  const over = Object.keys(growth).filter(
    (name) => hard[name] !== undefined && compareQuantities(after[name]!, hard[name]) > 0,
  );
  if (over.length === 0) return;
  const text = (amounts: ResourceList): string => listed(onlyNamed(amounts, over));
  throw admissionForbidden(
    attributes,
    `exceeded quota: ${quota.metadata.name}, requested: ${text(growth)}, used: ${text(used)}, limited: ${text(hard)}`,
  );
}
