// SPDX-License-Identifier: Apache-2.0

import type { Pod, ResourceQuota } from "../../api/index.ts";
import { compareQuantities, quantitySign, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Clock } from "../../base/index.ts";
import {
  addUsage,
  countsTowards,
  growthOf,
  onlyNamed,
  podIsInScopes,
  quotaUsage,
  scopesOf,
  type CountedResource,
} from "../../rules/quota/index.ts";
import type { ResourceList } from "../../rules/index.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission-plugin.ts";
import type { ResourceStores } from "../resource-store.ts";
import { admissionForbidden } from "./attributes.ts";
import { ObservedObjects } from "./observed-objects.ts";

type Quota = DeepReadonly<ResourceQuota>;

/** Resources that every container has to name when a quota limits them. */
const NAMED_BY_CONTAINERS = [
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
] as const;

const listed = (amounts: ResourceList): string =>
  Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${amounts[name]}`)
    .join(",");

const isPods = ({ group, resource }: CountedResource): boolean => group === "" && resource === "pods";

/** What containers leave open although the quota limits it: `cpu for: a,b; memory for: a`. */
function unnamed(pod: DeepReadonly<Pod>, hard: ResourceList): string | undefined {
  const missing = NAMED_BY_CONTAINERS.filter((name) => hard[name] !== undefined).flatMap((name) => {
    const list = name.startsWith("limits.") ? "limits" : "requests";
    const resource = name.slice(name.indexOf(".") + 1);
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
      .filter(({ resources }) => resources?.[list]?.[resource] === undefined)
      .map((container) => container.name);
    return containers.length > 0 ? [`${name} for: ${[...new Set(containers)].sort().join(",")}`] : [];
  });
  return missing.length > 0 ? `must specify ${missing.join("; ")}` : undefined;
}

function exceeded(growth: ResourceList, used: ResourceList, hard: ResourceList): string[] {
  const after = addUsage(used, growth);
  return Object.keys(growth).filter((name) => compareQuantities(after[name]!, hard[name]!) > 0);
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

  handles({ namespace, subresource, operation }: AdmissionAttributes): boolean {
    return namespace !== "" && subresource === "" && (operation === "CREATE" || operation === "UPDATE");
  }

  validate(attributes: AdmissionAttributes): Promise<void> | void {
    const counted = { group: attributes.kind.group, resource: attributes.resource };
    const quotas = this.#quotasFor(attributes, counted);
    if (quotas.length === 0) return;
    const growth = this.#growth(attributes, counted);
    if (Object.keys(growth).length === 0) return;
    return this.#charge(attributes, counted, quotas, growth);
  }

  #quotasFor(attributes: AdmissionAttributes, counted: CountedResource): Quota[] {
    const found: Quota[] = [];
    for (const quota of this.#quotas.values()) {
      if (quota.metadata.namespace !== attributes.namespace) continue;
      if (!Object.keys(quota.spec?.hard ?? {}).some((name) => countsTowards(counted, name))) continue;
      if (this.#isInScopes(quota, counted, attributes)) found.push(quota);
    }
    return found;
  }

  #isInScopes(quota: Quota, counted: CountedResource, { object }: AdmissionAttributes): boolean {
    if (!isPods(counted)) return scopesOf(quota).length === 0;
    return podIsInScopes(quota, object as unknown as DeepReadonly<Pod>);
  }

  #growth({ object, oldObject }: AdmissionAttributes, counted: CountedResource): ResourceList {
    const nowMs = this.#clock.nowMs();
    const after = object ? quotaUsage(counted, object, nowMs) : {};
    const growth = oldObject ? growthOf(after, quotaUsage(counted, oldObject, nowMs)) : after;
    return onlyNamed(
      growth,
      Object.keys(growth).filter((name) => quantitySign(growth[name]!) > 0),
    );
  }

  async #charge(
    attributes: AdmissionAttributes,
    counted: CountedResource,
    quotas: readonly Quota[],
    growth: ResourceList,
  ): Promise<void> {
    // All are checked before any is charged: what one refuses must not use up another.
    const charges = quotas
      .map((quota) => ({ quota, growth: this.#check(attributes, counted, quota, growth) }))
      .filter((charge) => Object.keys(charge.growth).length > 0);
    if (attributes.dryRun) return;
    for (const charge of charges) await this.#write(attributes, charge.quota, charge.growth);
  }

  /** The part of the growth that the quota limits; throws when it is too much. */
  #check(attributes: AdmissionAttributes, counted: CountedResource, quota: Quota, growth: ResourceList): ResourceList {
    const { name } = quota.metadata;
    const hard = onlyNamed(
      quota.spec?.hard ?? {},
      Object.keys(quota.spec?.hard ?? {}).filter((resource) => countsTowards(counted, resource)),
    );
    const missing = isPods(counted) ? unnamed(attributes.object as unknown as Pod, hard) : undefined;
    if (missing) throw admissionForbidden(attributes, `failed quota: ${name}: ${missing}`);
    const used = quota.status?.used ?? {};
    const unknown = Object.keys(hard).filter((resource) => used[resource] === undefined);
    if (unknown.length > 0) {
      throw admissionForbidden(attributes, `status unknown for quota: ${name}, resources: ${unknown.sort().join(",")}`);
    }
    const part = onlyNamed(growth, Object.keys(hard));
    this.#refuseExceeded(attributes, quota, part);
    return part;
  }

  #refuseExceeded(attributes: AdmissionAttributes, quota: Quota, growth: ResourceList): void {
    const { hard = {}, used = {} } = quota.status ?? {};
    const over = exceeded(growth, used, { ...quota.spec?.hard, ...hard });
    if (over.length === 0) return;
    const text = (amounts: ResourceList): string => listed(onlyNamed(amounts, over));
    throw admissionForbidden(
      attributes,
      `exceeded quota: ${quota.metadata.name}, requested: ${text(growth)}, used: ${text(used)}, limited: ${text(hard)}`,
    );
  }

  /** By compare-and-swap: of two that race for the last place one is refused. */
  async #write(attributes: AdmissionAttributes, quota: Quota, growth: ResourceList): Promise<void> {
    const store = this.#stores.find("", "resourcequotas");
    const { namespace = "", name = "" } = quota.metadata;
    await store?.update(
      namespace,
      name,
      (object) => {
        const current = object as ResourceQuota;
        this.#refuseExceeded(attributes, current, growth);
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
