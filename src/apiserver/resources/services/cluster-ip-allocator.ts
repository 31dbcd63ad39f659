// SPDX-License-Identifier: Apache-2.0

import { isAlreadyExists, isNotFound, type DeepReadonly, type KubeObject } from "../../../apimachinery/index.ts";
import type { ServiceCIDR } from "../../../api/index.ts";
import { assert, type Random } from "../../../base/index.ts";
import { ObservedObjects } from "../../admission/observed-objects.ts";
import { apiServerUser } from "../../authentication/user-names.ts";
import type { ResourceStore, ResourceStores, WriteOptions } from "../../resource-store.ts";
import { addressNumber, AddressRange, addressText, familyOf, type IpFamily } from "./address-range.ts";
import { AllocationError } from "./allocation-error.ts";

const GROUP = "networking.k8s.io";
const MANAGED_BY = "ipallocator.k8s.io";

/** The Service that an address is for. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

const isReady = (cidr: DeepReadonly<ServiceCIDR>): boolean => {
  if (cidr.metadata.deletionTimestamp) return false;
  const condition = cidr.status?.conditions?.find(({ type }) => type === "Ready");
  return condition === undefined || condition.status === "True";
};

/** The address object of a cluster IP: creating it is the reservation, and only one can. */
const addressObject = (address: string, owner: ServiceRef): KubeObject => ({
  apiVersion: `${GROUP}/v1`,
  kind: "IPAddress",
  metadata: {
    name: address,
    labels: {
      "ipaddress.kubernetes.io/ip-family": familyOf(address),
      "ipaddress.kubernetes.io/managed-by": MANAGED_BY,
    },
  },
  spec: { parentRef: { resource: "services", namespace: owner.namespace, name: owner.name } },
});

/**
 * Gives out cluster IPs from every ready ServiceCIDR. An IPAddress object is made for each by compare-and-swap, so that
 * several API servers never give out the same address.
 */
export class ClusterIpAllocator {
  readonly #stores: ResourceStores;
  readonly #random: Random;
  readonly #cidrs: ObservedObjects<ServiceCIDR>;
  readonly #ranges = new Map<string, AddressRange>();

  constructor(options: { readonly stores: ResourceStores; readonly random: Random }) {
    this.#stores = options.stores;
    this.#random = options.random;
    this.#cidrs = new ObservedObjects(options.stores, GROUP, "servicecidrs");
  }

  /** Reserves the address that a Service asks for. */
  async allocate(address: string, owner: ServiceRef, dryRun: boolean): Promise<void> {
    const value = addressNumber(address);
    if (value === undefined) throw new AllocationError(`failed to parse service IP "${address}"`);
    const range = this.#rangesOf(familyOf(address)).find((candidate) => candidate.contains(value));
    if (!range) throw new AllocationError("the provided network does not match the current range");
    if (dryRun) return;
    if (!(await this.#create(addressText(value, range.family), owner))) {
      throw new AllocationError("provided IP is already allocated");
    }
  }

  /** Reserves any free address of a family. */
  async allocateNext(family: IpFamily, owner: ServiceRef, dryRun: boolean): Promise<string> {
    for (const range of this.#rangesOf(family)) {
      if (dryRun) return addressText(range.base, family);
      for (const address of range.candidates(this.#random)) {
        if (this.#addresses.peek("", address)) continue;
        if (await this.#create(address, owner)) return address;
      }
    }
    throw new AllocationError("range is full");
  }

  /** Gives an address back; one that is not taken is no mistake. */
  async release(address: string): Promise<void> {
    const value = addressNumber(address);
    if (value === undefined) return;
    try {
      await this.#addresses.delete("", addressText(value, familyOf(address)), this.#options());
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  get #addresses(): ResourceStore {
    const store = this.#stores.find(GROUP, "ipaddresses");
    assert(store, "IPAddress must be served to give out cluster IPs");
    return store;
  }

  #rangesOf(family: IpFamily): AddressRange[] {
    const ranges: AddressRange[] = [];
    for (const cidr of this.#cidrs.values()) {
      if (!isReady(cidr)) continue;
      for (const text of cidr.spec?.cidrs ?? []) if (familyOf(text) === family) ranges.push(this.#range(text));
    }
    return ranges;
  }

  #range(cidr: string): AddressRange {
    let range = this.#ranges.get(cidr);
    if (!range) {
      range = new AddressRange(cidr);
      this.#ranges.set(cidr, range);
    }
    return range;
  }

  async #create(address: string, owner: ServiceRef): Promise<boolean> {
    try {
      await this.#addresses.create("", addressObject(address, owner), this.#options());
      return true;
    } catch (error) {
      if (isAlreadyExists(error)) return false;
      throw error;
    }
  }

  /** A reservation outlives the request that it was made for: it is not aborted with it. */
  #options(): WriteOptions {
    return { user: apiServerUser, userAgent: "kube-apiserver", warnings: [], signal: new AbortController().signal };
  }
}
