// SPDX-License-Identifier: Apache-2.0

import { type Clock, type Logger, type Random, TaskGroup } from "../base/index.ts";
import { type Client, ENDPOINT_SLICES, InformerFactory, NAMESPACES, SERVICES } from "../client/index.ts";
import { DnsServer, type UpstreamResolver } from "./dns-server.ts";
import { SERVICES_BY_ADDRESS, ServiceZone, SLICES_BY_ADDRESS, SLICES_BY_SERVICE } from "./service-zone.ts";

/** Answers one packet, or nothing. */
export type DnsHandler = (
  packet: Uint8Array,
  options: { transport: "udp" | "tcp"; signal: AbortSignal },
) => Promise<Uint8Array | undefined>;

/** Listens for DNS packets over UDP and TCP until aborted. */
export interface DnsListener {
  serve(handler: DnsHandler, options: { signal: AbortSignal }): Promise<void>;
}

export interface RunDnsOptions {
  readonly client: Client;
  readonly domain: string;
  readonly listener: DnsListener;
  readonly upstream: UpstreamResolver;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Runs cluster DNS from a cache of its own until aborted; it answers once the cache is filled. */
export async function runDns(options: RunDnsOptions, { signal }: { signal: AbortSignal }): Promise<void> {
  const { clock, log } = options;
  const informers = new InformerFactory(options);
  const services = informers.informer(SERVICES);
  const slices = informers.informer(ENDPOINT_SLICES);
  const namespaces = informers.informer(NAMESPACES, { form: "metadata" });
  services.addIndex(SERVICES_BY_ADDRESS, (service) => service.spec.clusterIPs ?? []);
  slices.addIndex(SLICES_BY_ADDRESS, (slice) => (slice.endpoints ?? []).flatMap((e) => e.addresses));
  slices.addIndex(SLICES_BY_SERVICE, (slice) => {
    const name = slice.metadata.labels?.["kubernetes.io/service-name"];
    return name ? [`${slice.metadata.namespace}/${name}`] : [];
  });
  const zone = new ServiceZone(options.domain, {
    services: services.lister,
    slices: slices.lister,
    namespaceExists: (name) => namespaces.lister.get("", name) !== undefined,
  });
  const server = new DnsServer({ zone, upstream: options.upstream, clock, log });
  await using group = new TaskGroup(signal);
  informers.start(group);
  await informers.waitForSync({ signal: group.signal });
  group.run("dns listener", (s) => options.listener.serve((packet, o) => server.handle(packet, o), { signal: s }));
  await group.wait();
}
