// SPDX-License-Identifier: Apache-2.0

import { parseTime, type DeepReadonly } from "../../../apimachinery/index.ts";
import type { IPAddress, Service } from "../../../api/index.ts";
import type { Clock, Logger } from "../../../base/index.ts";
import type { ResourceStores } from "../../resource-store.ts";
import { addressText, addressNumber, familyOf } from "./address-range.ts";
import { needsHealthCheckPort } from "./allocated-values.ts";
import { AllocationError } from "./allocation-error.ts";
import type { ClusterIpAllocator } from "./cluster-ip-allocator.ts";
import type { NodePortAllocator } from "./node-port-allocator.ts";

/** What was taken by a write that is still on its way is no leak: look again after this long. */
const LEAK_AGE_MS = 60_000;

export interface AllocationRepairParts {
  readonly stores: ResourceStores;
  readonly clock: Clock;
  readonly log: Logger;
  readonly addresses: ClusterIpAllocator;
  readonly ports: NodePortAllocator;
}

type AnyService = DeepReadonly<Service>;

function portsOf({ spec }: AnyService): number[] {
  if (!spec) return [];
  const ports = (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
  if (needsHealthCheckPort(spec) && spec.healthCheckNodePort) ports.push(spec.healthCheckNodePort);
  return ports;
}

function addressesOf({ spec }: AnyService): string[] {
  if (!spec || spec.type === "ExternalName") return [];
  return (spec.clusterIPs ?? [])
    .filter((ip) => ip !== "None")
    .flatMap((ip) => {
      const value = addressNumber(ip);
      return value === undefined ? [] : [addressText(value, familyOf(ip))];
    });
}

/**
 * Brings addresses and ports in line with the Services after a server was killed between taking one and writing its
 * Service (or between deleting a Service and giving back): what is missing is taken at once, what leaked is given back a
 * minute later, if it still belongs to nobody.
 */
export class AllocationRepair {
  readonly #parts: AllocationRepairParts;

  constructor(parts: AllocationRepairParts) {
    this.#parts = parts;
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#takeMissing();
    const [ports, addresses] = [await this.#leakedPorts(), await this.#leakedAddresses()];
    if (ports.length === 0 && addresses.length === 0) return;
    await this.#parts.clock.sleep(LEAK_AGE_MS, { signal });
    await this.#release(ports, addresses);
  }

  async #services(): Promise<AnyService[]> {
    const list = await this.#parts.stores.find("", "services")!.list("");
    return list.items as unknown as AnyService[];
  }

  async #takeMissing(): Promise<void> {
    const taken = new Set(await this.#parts.ports.taken());
    for (const service of await this.#services()) {
      const owner = { namespace: service.metadata.namespace ?? "", name: service.metadata.name ?? "" };
      for (const port of portsOf(service)) {
        if (!taken.has(port)) await this.#try(() => this.#parts.ports.allocate(port));
      }
      for (const address of addressesOf(service)) {
        if (this.#parts.stores.find("networking.k8s.io", "ipaddresses")?.peek("", address)) continue;
        await this.#try(() => this.#parts.addresses.allocate(address, owner, false));
      }
    }
  }

  /** A port or address out of the present range stays with its Service; it is only said. */
  async #try(take: () => Promise<void>): Promise<void> {
    try {
      await take();
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      this.#parts.log.warn("A Service keeps what is not in the range", { reason: error.message });
    }
  }

  async #leakedPorts(): Promise<number[]> {
    const used = new Set((await this.#services()).flatMap(portsOf));
    return (await this.#parts.ports.taken()).filter((port) => !used.has(port));
  }

  async #leakedAddresses(): Promise<DeepReadonly<IPAddress>[]> {
    const store = this.#parts.stores.find("networking.k8s.io", "ipaddresses");
    if (!store) return [];
    const used = new Set((await this.#services()).flatMap(addressesOf));
    const { items } = await store.list("");
    return (items as unknown as DeepReadonly<IPAddress>[]).filter(
      ({ metadata }) =>
        metadata.labels?.["ipaddress.kubernetes.io/managed-by"] === "ipallocator.k8s.io" && !used.has(metadata.name!),
    );
  }

  async #release(ports: readonly number[], addresses: readonly DeepReadonly<IPAddress>[]): Promise<void> {
    const still = new Set(await this.#leakedPorts());
    await this.#parts.ports.release(ports.filter((port) => still.has(port)));
    const before = new Map(addresses.map(({ metadata }) => [metadata.name, metadata.uid]));
    for (const { metadata } of await this.#leakedAddresses()) {
      const createdMs = parseTime(metadata.creationTimestamp ?? "") ?? 0;
      const isOld = createdMs + LEAK_AGE_MS <= this.#parts.clock.nowMs();
      if (isOld && before.get(metadata.name) === metadata.uid) await this.#parts.addresses.release(metadata.name!);
    }
  }
}
