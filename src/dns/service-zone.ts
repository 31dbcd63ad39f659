// SPDX-License-Identifier: Apache-2.0

import type { EndpointSlice, Service } from "../api/index.ts";
import type { Cached, Lister } from "../client/index.ts";

/** A resource record's data, as dns-packet writes it. */
export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly data: string }
  | { readonly type: "CNAME" | "PTR"; readonly data: string }
  | { readonly type: "TXT"; readonly data: string }
  | {
      readonly type: "SRV";
      readonly data: {
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      };
    };

/** What a name has: records by type, or nothing of that type though the name exists, or no such name. */
export type Lookup =
  | { readonly type: "records"; readonly records: readonly RecordData[]; readonly additional: readonly NamedRecord[] }
  | { readonly type: "noData" }
  | { readonly type: "noName" }
  /** An ExternalName: the alias, to be resolved further. */
  | { readonly type: "alias"; readonly target: string };

export interface NamedRecord {
  readonly name: string;
  readonly record: RecordData;
}

/** Where the zone reads the cluster. */
export interface ZoneSource {
  readonly services: Lister<Service>;
  /** Slices of a Service by the index `service`: "namespace/name". */
  readonly slices: Lister<EndpointSlice>;
  namespaceExists(name: string): boolean;
}

/** Names of the indexes that a ZoneSource must have. */
export const SLICES_BY_SERVICE = "service";
export const SERVICES_BY_ADDRESS = "address";
export const SLICES_BY_ADDRESS = "address";

/** Version of the DNS-based service discovery specification that is served. */
const SCHEMA_VERSION = "1.1.0";
const NO_DATA: Lookup = { type: "noData" };
const NO_NAME: Lookup = { type: "noName" };
const SRV_WEIGHT_TOTAL = 100;

const addressType = (address: string): "A" | "AAAA" => (address.includes(":") ? "AAAA" : "A");

interface ZoneEndpoint {
  readonly address: string;
  /** First label of its own name. */
  readonly label: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

const labelOf = (address: string, hostname: string | undefined): string =>
  hostname || address.replaceAll(".", "-").replaceAll(":", "-");

const records = (list: readonly RecordData[], additional: readonly NamedRecord[] = []): Lookup =>
  list.length > 0 ? { type: "records", records: list, additional } : NO_DATA;

/** Answers names of the cluster's domain as the Kubernetes DNS specification and CoreDNS' kubernetes plug-in do. */
export class ServiceZone {
  readonly domain: string;
  readonly #source: ZoneSource;

  constructor(domain: string, source: ZoneSource) {
    this.domain = domain;
    this.#source = source;
  }

  /** Whether the zone is responsible for a name (lower case, no final dot). */
  holds(name: string): boolean {
    return name === this.domain || name.endsWith(`.${this.domain}`);
  }

  lookup(name: string, type: string): Lookup {
    if (name === this.domain) return NO_DATA;
    const labels = name.slice(0, -this.domain.length - 1).split(".");
    if (labels.length === 1 && labels[0] === "dns-version")
      return type === "TXT" ? records([{ type: "TXT", data: SCHEMA_VERSION }]) : NO_DATA;
    const kind = labels.at(-1);
    const namespace = labels.at(-2);
    if (kind !== "svc" && kind !== "pod") return NO_NAME;
    if (namespace === undefined) return NO_DATA;
    if (!this.#source.namespaceExists(namespace)) return NO_NAME;
    const rest = labels.slice(0, -2);
    if (rest.length === 0) return NO_DATA;
    return kind === "svc" ? this.#service(namespace, rest, type) : this.#pod(rest, type);
  }

  /** The name of an address: of the Service that has it, else of endpoints of headless Services. */
  reverse(address: string): Lookup {
    for (const service of this.#source.services.byIndex(SERVICES_BY_ADDRESS, address))
      return records([
        { type: "PTR", data: this.#serviceName(service.metadata.namespace ?? "", service.metadata.name) },
      ]);
    const names: RecordData[] = [];
    for (const slice of this.#source.slices.byIndex(SLICES_BY_ADDRESS, address)) {
      const service = slice.metadata.labels?.["kubernetes.io/service-name"];
      if (!service) continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (!endpoint.addresses.includes(address) || !endpoint.hostname) continue;
        const data = `${endpoint.hostname}.${this.#serviceName(slice.metadata.namespace ?? "", service)}`;
        names.push({ type: "PTR", data });
      }
    }
    return names.length > 0 ? records(names) : NO_NAME;
  }

  #serviceName(namespace: string, name: string): string {
    return `${name}.${namespace}.svc.${this.domain}`;
  }

  /** 10-1-2-3.NAMESPACE.pod.DOMAIN is 10.1.2.3, whether such a pod exists or not ("pods insecure"). */
  #pod(rest: readonly string[], type: string): Lookup {
    const label = rest[0]!;
    if (rest.length > 1) return NO_NAME;
    const v4 = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(label);
    if (!v4 || v4.slice(1).some((part) => Number(part) > 255)) return NO_NAME;
    return type === "A" ? records([{ type: "A", data: v4.slice(1).join(".") }]) : NO_DATA;
  }

  #service(namespace: string, rest: readonly string[], type: string): Lookup {
    const service = this.#source.services.get(namespace, rest.at(-1)!);
    if (!service) return NO_NAME;
    const prefix = rest.slice(0, -1);
    if (service.spec.type === "ExternalName") {
      return prefix.length === 0 ? { type: "alias", target: service.spec.externalName ?? "" } : NO_NAME;
    }
    if (prefix.length === 0) return this.#addresses(service, type);
    if (prefix.length === 1 && !prefix[0]!.startsWith("_")) return this.#endpoint(service, prefix[0]!, type);
    if (prefix.length === 1) return NO_DATA;
    if (prefix.length !== 2 || !prefix[0]!.startsWith("_") || !prefix[1]!.startsWith("_")) return NO_NAME;
    return this.#ports(service, prefix[0]!.slice(1), prefix[1]!.slice(1), type);
  }

  #addresses(service: Cached<Service>, type: string): Lookup {
    if (type === "SRV") return this.#ports(service, "*", "*", type);
    const addresses = isHeadless(service)
      ? this.#endpoints(service).map((endpoint) => endpoint.address)
      : (service.spec.clusterIPs ?? []);
    if (isHeadless(service) && addresses.length === 0) return NO_NAME;
    const unique = [...new Set(addresses)].filter((address) => addressType(address) === type);
    return records(unique.map((data) => ({ type: addressType(data), data })));
  }

  #endpoint(service: Cached<Service>, label: string, type: string): Lookup {
    if (!isHeadless(service)) return NO_NAME;
    const found = this.#endpoints(service).filter((endpoint) => endpoint.label === label);
    if (found.length === 0) return NO_NAME;
    const unique = [...new Set(found.map((e) => e.address))].filter((address) => addressType(address) === type);
    return records(unique.map((data) => ({ type: addressType(data), data })));
  }

  #ports(service: Cached<Service>, port: string, protocol: string, type: string): Lookup {
    const targets = isHeadless(service) ? this.#headlessTargets(service) : this.#clusterTargets(service);
    const found = targets.filter(
      (t) => (port === "*" || t.portName === port) && (protocol === "*" || t.protocol.toLowerCase() === protocol),
    );
    if (found.length === 0) return NO_NAME;
    if (type !== "SRV") return NO_DATA;
    const weight = Math.max(1, Math.trunc(SRV_WEIGHT_TOTAL / found.length));
    const list = found.map(
      (t): RecordData => ({ type: "SRV", data: { priority: 0, weight, port: t.port, target: t.target } }),
    );
    const additional = found.map((t) => ({
      name: t.target,
      record: { type: addressType(t.address), data: t.address } as RecordData,
    }));
    return records(list, unique(additional));
  }

  #clusterTargets(service: Cached<Service>) {
    const target = this.#serviceName(service.metadata.namespace ?? "", service.metadata.name);
    const address = service.spec.clusterIP ?? "";
    return (service.spec.ports ?? []).map((p) => ({
      portName: p.name ?? "",
      protocol: p.protocol ?? "TCP",
      port: p.port,
      target,
      address,
    }));
  }

  #headlessTargets(service: Cached<Service>) {
    const name = this.#serviceName(service.metadata.namespace ?? "", service.metadata.name);
    return this.#endpoints(service).flatMap((endpoint) =>
      endpoint.ports.map((p) => ({
        portName: p.name,
        protocol: p.protocol,
        port: p.port,
        target: `${endpoint.label}.${name}`,
        address: endpoint.address,
      })),
    );
  }

  /** Endpoints that are ready, or all where the Service publishes those that are not. */
  #endpoints(service: Cached<Service>): ZoneEndpoint[] {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const all = service.spec.publishNotReadyAddresses === true;
    const found: ZoneEndpoint[] = [];
    for (const slice of this.#source.slices.byIndex(SLICES_BY_SERVICE, key)) {
      const ports = (slice.ports ?? []).map((p) => ({
        name: p.name ?? "",
        protocol: p.protocol ?? "TCP",
        port: p.port ?? 0,
      }));
      for (const endpoint of slice.endpoints ?? []) {
        if (!all && endpoint.conditions?.ready === false) continue;
        for (const address of endpoint.addresses)
          found.push({ address, label: labelOf(address, endpoint.hostname), ports });
      }
    }
    return found;
  }
}

const isHeadless = (service: Cached<Service>): boolean => service.spec.clusterIP === "None" || !service.spec.clusterIP;

function unique(list: readonly NamedRecord[]): NamedRecord[] {
  return [...new Map(list.map((item) => [`${item.name}/${JSON.stringify(item.record.data)}`, item])).values()];
}
