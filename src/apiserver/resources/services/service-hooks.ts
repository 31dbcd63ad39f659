// SPDX-License-Identifier: Apache-2.0

import {
  fieldError,
  internalError,
  invalidObject,
  isNotFound,
  type DeepReadonly,
  type StatusError,
} from "../../../apimachinery/index.ts";
import type { Service, ServiceSpec } from "../../../api/index.ts";
import type { FinishHook, ResourceHooks } from "../../resource-hooks.ts";
import type { ResourceStores, WriteOptions } from "../../resource-store.ts";
import { addressNumber, type IpFamily } from "./address-range.ts";
import {
  allocatesNodePorts,
  needsHealthCheckPort,
  normalizeClusterIps,
  patchAllocatedValues,
  specOf,
  type OldSpec,
} from "./allocated-values.ts";
import { AllocationError } from "./allocation-error.ts";
import type { ClusterIpAllocator } from "./cluster-ip-allocator.ts";
import { keepsPreferDualStack, setIpFamilies } from "./ip-families.ts";
import type { NodePortAllocator } from "./node-port-allocator.ts";

/** What Services are given addresses and ports by. */
export interface ServiceHookParts {
  readonly stores: ResourceStores;
  readonly addresses: ClusterIpAllocator;
  readonly ports: NodePortAllocator;
  /** The families of the Service ranges, the primary one first. */
  readonly families: readonly IpFamily[];
}

/** What one write has taken, and what it gives back when it succeeds. */
class Reservation {
  readonly #parts: ServiceHookParts;
  readonly dryRun: boolean;
  readonly #takenAddresses: string[] = [];
  readonly #takenPorts: number[] = [];
  readonly freedAddresses: string[] = [];
  readonly freedPorts: number[] = [];

  constructor(parts: ServiceHookParts, dryRun: boolean) {
    this.#parts = parts;
    this.dryRun = dryRun;
  }

  async takeAddress(service: Service, family: IpFamily, wanted: string): Promise<string> {
    const owner = { namespace: service.metadata.namespace ?? "", name: service.metadata.name ?? "" };
    const { addresses } = this.#parts;
    if (wanted) await addresses.allocate(wanted, owner, this.dryRun);
    const address = wanted || (await addresses.allocateNext(family, owner, this.dryRun));
    this.#takenAddresses.push(address);
    return address;
  }

  async takePort(wanted: number | undefined): Promise<number> {
    const { ports } = this.#parts;
    if (wanted) await ports.allocate(wanted, this.dryRun);
    const port = wanted ?? (await ports.allocateNext(this.dryRun));
    this.#takenPorts.push(port);
    return port;
  }

  readonly finish: FinishHook = async (succeeded) => {
    if (this.dryRun) return;
    await this.#parts.ports.release(succeeded ? this.freedPorts : this.#takenPorts);
    for (const address of succeeded ? this.freedAddresses : this.#takenAddresses) {
      await this.#parts.addresses.release(address);
    }
  };
}

const invalidService = (service: Service, field: string, value: unknown, why: string): StatusError =>
  invalidObject({ group: "", kind: "Service" }, service.metadata.name ?? "", [fieldError.invalid(field, value, why)]);

async function takeAddress(
  service: Service,
  family: IpFamily,
  wanted: string,
  reservation: Reservation,
): Promise<string> {
  try {
    return await reservation.takeAddress(service, family, wanted);
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    if (!wanted) throw internalError(`failed to allocate a serviceIP: ${error.message}`, error);
    const why = `failed to allocate IP ${wanted}: ${error.message}`;
    throw invalidService(service, "spec.clusterIPs", specOf(service).clusterIPs, why);
  }
}

/** Fills the addresses of a Service that are empty, and reserves those that are given. */
async function takeAddresses(service: Service, reservation: Reservation, from = 0): Promise<void> {
  const spec = specOf(service);
  const addresses = [...(spec.clusterIPs ?? [])];
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (i < from) continue;
    addresses[i] = await takeAddress(service, family as IpFamily, addresses[i] ?? "", reservation);
  }
  if (addresses.length === 0) return;
  spec.clusterIPs = addresses;
  spec.clusterIP = addresses[0]!;
}

const hasAddresses = (spec: OldSpec): boolean => spec.type !== "ExternalName" && spec.clusterIPs?.[0] !== "None";

/** Anything that validation will refuse anyway gets no address. */
const isWellFormed = (spec: ServiceSpec): boolean =>
  (spec.clusterIPs ?? []).every((ip) => ip === "None" || ip === "" || addressNumber(ip) !== undefined) &&
  (spec.ipFamilies ?? []).every((family) => family === "IPv4" || family === "IPv6");

async function updateAddresses(service: Service, old: OldSpec, reservation: Reservation): Promise<void> {
  const spec = specOf(service);
  if (keepsPreferDualStack(spec, old)) return;
  if (old.type === "ExternalName" && spec.type !== "ExternalName") {
    if (hasAddresses(spec)) await takeAddresses(service, reservation);
    return;
  }
  if (old.clusterIPs?.[0] === "None") return;
  if (old.type !== "ExternalName" && spec.type === "ExternalName") {
    reservation.freedAddresses.push(...(old.clusterIPs ?? []));
    return;
  }
  const [before, now] = [old.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0];
  if (before === 1 && now === 2) await takeAddresses(service, reservation, 1);
  if (before === 2 && now === 1) reservation.freedAddresses.push(...(old.clusterIPs ?? []).slice(1));
}

async function takePort(
  service: Service,
  index: number,
  wanted: number | undefined,
  reservation: Reservation,
): Promise<number> {
  try {
    return await reservation.takePort(wanted);
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    if (!wanted) throw internalError(`failed to allocate a nodePort: ${error.message}`, error);
    throw invalidService(service, `spec.ports[${index}].nodePort`, wanted, error.message);
  }
}

/** Two protocols of one port share a node port; a port that the Service has already is not taken again. */
async function takePorts(service: Service, owned: ReadonlySet<number>, reservation: Reservation): Promise<void> {
  const spec = specOf(service);
  const mayTakeNew = allocatesNodePorts(spec);
  const taken = new Set(owned);
  const byPort = new Map<number, number>();
  for (const { port, nodePort } of spec.ports ?? []) if (nodePort && !byPort.has(port)) byPort.set(port, nodePort);
  for (const [i, entry] of (spec.ports ?? []).entries()) {
    if (!entry.nodePort && !mayTakeNew) continue;
    const wanted = entry.nodePort || byPort.get(entry.port);
    const nodePort = wanted && taken.has(wanted) ? wanted : await takePort(service, i, wanted, reservation);
    taken.add(nodePort);
    byPort.set(entry.port, nodePort);
    entry.nodePort = nodePort;
  }
}

async function takeHealthCheckPort(spec: ServiceSpec, reservation: Reservation): Promise<void> {
  const wanted = spec.healthCheckNodePort || undefined;
  try {
    spec.healthCheckNodePort = await reservation.takePort(wanted);
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error;
    const what = wanted ? `requested HealthCheck NodePort ${wanted}` : "a HealthCheck NodePort 0";
    throw internalError(`failed to allocate ${what}: ${error.message}`, error);
  }
}

const hasNodePorts = ({ type }: OldSpec): boolean => type === "NodePort" || type === "LoadBalancer";
const nodePortsOf = (spec: OldSpec): number[] =>
  (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));

async function updatePorts(service: Service, old: OldSpec, reservation: Reservation): Promise<void> {
  const spec = specOf(service);
  const before = hasNodePorts(old) ? nodePortsOf(old) : [];
  if (hasNodePorts(spec)) await takePorts(service, new Set(before), reservation);
  const now = new Set(hasNodePorts(spec) ? nodePortsOf(spec) : []);
  reservation.freedPorts.push(...before.filter((port) => !now.has(port)));
  const [needed, needs] = [needsHealthCheckPort(old), needsHealthCheckPort(spec)];
  if (!needed && needs) await takeHealthCheckPort(spec, reservation);
  if (needed && !needs && old.healthCheckNodePort) reservation.freedPorts.push(old.healthCheckNodePort);
}

async function orRevert(reservation: Reservation, work: () => Promise<void>): Promise<FinishHook> {
  try {
    await work();
    return reservation.finish;
  } catch (error) {
    await reservation.finish(false);
    throw error;
  }
}

async function deleteEndpoints(parts: ServiceHookParts, service: DeepReadonly<Service>, options: WriteOptions) {
  const { namespace = "", name = "" } = service.metadata;
  try {
    await parts.stores.find("", "endpoints")?.delete(namespace, name, { ...options, subresource: undefined });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Cluster IPs and node ports: taken before a Service is written, given back when it is gone or was not written. */
export function serviceHooks(parts: ServiceHookParts): ResourceHooks {
  return {
    beginCreate(object, options) {
      const service = object as Service;
      const spec = specOf(service);
      normalizeClusterIps(spec, undefined);
      if (!isWellFormed(spec)) return undefined;
      const reservation = new Reservation(parts, options.dryRun ?? false);
      return orRevert(reservation, async () => {
        setIpFamilies(service, undefined, parts.families);
        if (hasAddresses(spec)) await takeAddresses(service, reservation);
        if (hasNodePorts(spec)) await takePorts(service, new Set(), reservation);
        if (needsHealthCheckPort(spec)) await takeHealthCheckPort(spec, reservation);
      });
    },
    beginUpdate(object, before, options) {
      const service = object as Service;
      const spec = specOf(service);
      const old = ((before as DeepReadonly<Service>).spec ?? {}) as OldSpec;
      patchAllocatedValues(spec, old);
      normalizeClusterIps(spec, old);
      if (!isWellFormed(spec)) return undefined;
      const reservation = new Reservation(parts, options.dryRun ?? false);
      return orRevert(reservation, async () => {
        setIpFamilies(service, old, parts.families);
        await updateAddresses(service, old, reservation);
        await updatePorts(service, old, reservation);
      });
    },
    async afterDelete(object, options) {
      if (options.dryRun) return;
      const service = object as DeepReadonly<Service>;
      const spec = (service.spec ?? {}) as OldSpec;
      await deleteEndpoints(parts, service, options);
      const addresses = hasAddresses(spec) ? (spec.clusterIPs ?? []) : [];
      for (const address of addresses) await parts.addresses.release(address);
      const healthCheck = needsHealthCheckPort(spec) && spec.healthCheckNodePort ? [spec.healthCheckNodePort] : [];
      await parts.ports.release([...nodePortsOf(spec), ...healthCheck]);
    },
  };
}
