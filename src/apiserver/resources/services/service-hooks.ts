// SPDX-License-Identifier: Apache-2.0

import {
  fieldError,
  internalError,
  invalidObject,
  isNotFound,
  type DeepReadonly,
  StatusError,
} from "../../../apimachinery/index.ts";
import type { Service, ServiceSpec } from "../../../api/index.ts";
import type { FinishHook, ResourceHooks } from "../../resource-hooks.ts";
import type { ResourceStores, WriteOptions } from "../../resource-store.ts";
import type { IpFamily } from "./address-range.ts";
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

const PRETENDED_PORT = 32_768;

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
    if (this.dryRun) await ports.tryOut(wanted, this.#takenPorts);
    else if (wanted) await ports.allocate(wanted);
    const port = wanted ?? (this.dryRun ? this.#pretendedPort() : await ports.allocateNext());
    this.#takenPorts.push(port);
    return port;
  }

  /** Nothing is taken in a dry run: ports beyond the range stand for those that would be. */
  #pretendedPort(): number {
    return (this.#takenPorts.length === 0 ? PRETENDED_PORT : Math.max(...this.#takenPorts)) + 1;
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
  if (before === 1 && now === 2 && hasAddresses(spec)) await takeAddresses(service, reservation, 1);
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

/** Entries of a new Service for one port share a node port: the first that any of them asks for, or a new one. */
async function takePorts(service: Service, reservation: Reservation): Promise<void> {
  const spec = specOf(service);
  const ports = spec.ports ?? [];
  const mayTakeNew = allocatesNodePorts(spec);
  const byPort = new Map<number, number>();
  for (const [i, entry] of ports.entries()) {
    if (!entry.nodePort && !mayTakeNew) continue;
    const shared = byPort.get(entry.port);
    if (shared === undefined) {
      const wanted = ports.find(({ port, nodePort }) => port === entry.port && nodePort)?.nodePort;
      entry.nodePort = await takePort(service, i, wanted, reservation);
      byPort.set(entry.port, entry.nodePort);
    } else if (!entry.nodePort) entry.nodePort = shared;
    else if (entry.nodePort !== shared) await takePort(service, i, entry.nodePort, reservation);
  }
}

const duplicatePort = (protocol: string, nodePort: number): StatusError =>
  new StatusError({ message: `duplicate nodePort: {${protocol} ${nodePort}}`, code: 500 });

/** Ports that the Service has already are not taken again; every other entry gets one of its own. */
async function updateNodePorts(service: Service, owned: ReadonlySet<number>, reservation: Reservation): Promise<void> {
  const spec = specOf(service);
  const mayTakeNew = allocatesNodePorts(spec);
  const taken = new Set(owned);
  const seen = new Set<string>();
  for (const [i, entry] of (spec.ports ?? []).entries()) {
    if (!entry.nodePort && !mayTakeNew) continue;
    if (!entry.nodePort) entry.nodePort = await takePort(service, i, undefined, reservation);
    else if (!taken.has(entry.nodePort)) {
      await takePort(service, i, entry.nodePort, reservation);
      taken.add(entry.nodePort);
    }
    const key = `${entry.protocol} ${entry.nodePort}`;
    if (seen.has(key)) throw duplicatePort(entry.protocol ?? "", entry.nodePort);
    seen.add(key);
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
  if (hasNodePorts(spec)) await updateNodePorts(service, new Set(before), reservation);
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
      const reservation = new Reservation(parts, options.dryRun ?? false);
      return orRevert(reservation, async () => {
        setIpFamilies(service, undefined, parts.families);
        if (hasAddresses(spec)) await takeAddresses(service, reservation);
        if (hasNodePorts(spec)) await takePorts(service, reservation);
        if (needsHealthCheckPort(spec)) await takeHealthCheckPort(spec, reservation);
      });
    },
    beginUpdate(object, before, options) {
      const service = object as Service;
      const spec = specOf(service);
      const old = ((before as DeepReadonly<Service>).spec ?? {}) as OldSpec;
      patchAllocatedValues(spec, old);
      normalizeClusterIps(spec, old);
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
