// SPDX-License-Identifier: Apache-2.0

import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, Pod, Service } from "../../api/index.ts";
import type { DeepReadonly } from "../../apimachinery/index.ts";
import type { Cached } from "../../client/index.ts";
import { isEndpoint, isPodReady, publishesNotReady } from "../../rules/index.ts";
import { isHeadless, setsHostname, targetPortIn } from "../shared/service-pods.ts";

/** An Endpoints object holds at most this many addresses. */
export const ENDPOINTS_CAPACITY = 1_000;

interface Entry {
  readonly address: EndpointAddress;
  readonly ready: boolean;
  readonly ports: Map<string, EndpointPort>;
}

const portKey = (port: EndpointPort): string => [port.name ?? "", port.protocol ?? "", port.port].join("/");

const ipOf = (pod: Cached<Pod>, family: string): string | undefined => {
  const ips = pod.status.podIPs?.map(({ ip }) => ip) ?? [pod.status.podIP ?? ""];
  return ips.find((ip) => ip !== undefined && ip !== "" && ip.includes(":") === (family === "IPv6"));
};

function addressOf(pod: Cached<Pod>, service: Cached<Service>, ip: string): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  return {
    ip,
    ...(setsHostname(pod, service) ? { hostname: pod.spec.hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

function portsOf(pod: Cached<Pod>, service: Cached<Service>): EndpointPort[] | undefined {
  const { ports = [] } = service.spec;
  if (ports.length === 0) return isHeadless(service) ? [] : undefined;
  const found: EndpointPort[] = [];
  for (const port of ports) {
    const number = targetPortIn(pod, port);
    if (number === undefined) continue;
    const { name, protocol = "TCP", appProtocol } = port;
    found.push({ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) });
  }
  return found.length > 0 ? found : undefined;
}

function order<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  if (items.length < 2) return [...items];
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ item }) => item);
}

const addressKey = (address: DeepReadonly<EndpointAddress>): string => `${address.ip}|${address.targetRef?.uid ?? ""}`;

/** Joins addresses with the same ports, in an order that hangs on nothing but them. */
function repack(entries: Iterable<Entry>): EndpointSubset[] {
  const subsets = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const { address, ready, ports } of entries) {
    const sorted = order([...ports.values()], portKey);
    const key = sorted.map(portKey).join(",");
    let subset = subsets.get(key);
    if (!subset) subsets.set(key, (subset = { ports: sorted, ready: [], notReady: [] }));
    (ready ? subset.ready : subset.notReady).push(address);
  }
  return order([...subsets], ([key]) => key).map(([, { ports, ready, notReady }]) => ({
    ...(ready.length > 0 ? { addresses: order(ready, addressKey) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: order(notReady, addressKey) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
}

/** The subsets that a Service's pods amount to. */
export function desiredSubsets(service: Cached<Service>, pods: readonly Cached<Pod>[]): EndpointSubset[] {
  const family = service.spec.ipFamilies?.[0] ?? "IPv4";
  const entries = new Map<string, Entry>();
  for (const pod of pods) {
    if (!isEndpoint(pod, publishesNotReady(service))) continue;
    const ip = ipOf(pod, family);
    const ports = portsOf(pod, service);
    if (ip === undefined || ports === undefined) continue;
    const address = addressOf(pod, service, ip);
    const ready = publishesNotReady(service) || isPodReady(pod);
    entries.set(addressKey(address), { address, ready, ports: new Map(ports.map((port) => [portKey(port), port])) });
  }
  return repack(entries.values());
}

const countOf = (subsets: Endpoints["subsets"], pick: (s: EndpointSubset) => EndpointAddress[] | undefined): number =>
  (subsets ?? []).reduce((sum, subset) => sum + (pick(subset)?.length ?? 0), 0);

/** Cuts what is over the capacity: the addresses that are not ready first, then from each subset its share. */
export function truncated(subsets: EndpointSubset[]): { readonly subsets: EndpointSubset[]; readonly cut: boolean } {
  const ready = countOf(subsets, (subset) => subset.addresses);
  const notReady = countOf(subsets, (subset) => subset.notReadyAddresses);
  if (ready + notReady <= ENDPOINTS_CAPACITY) return { subsets, cut: false };
  const readyFirst = ready >= ENDPOINTS_CAPACITY;
  const part = readyFirst ? ENDPOINTS_CAPACITY / ready : (ENDPOINTS_CAPACITY - ready) / notReady;
  let left = readyFirst ? ENDPOINTS_CAPACITY : ENDPOINTS_CAPACITY - ready;
  const share = (addresses: EndpointAddress[] | undefined): EndpointAddress[] | undefined => {
    if (!addresses) return undefined;
    const count = Math.min(left, Math.ceil(addresses.length * part));
    left -= count;
    return addresses.slice(0, count);
  };
  const cutSubsets = subsets.map(({ addresses, notReadyAddresses, ...rest }) => ({
    ...rest,
    addresses: readyFirst ? share(addresses) : addresses,
    notReadyAddresses: readyFirst ? undefined : share(notReadyAddresses),
  }));
  return { subsets: cutSubsets.filter((s) => s.addresses?.length || s.notReadyAddresses?.length), cut: true };
}
