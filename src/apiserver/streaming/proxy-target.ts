// SPDX-License-Identifier: Apache-2.0

import { badRequest, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { EndpointSlice, Pod, Service } from "../../api/index.ts";
import { randomInt, type Random } from "../../base/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { Backend } from "./backend-transport.ts";
import { kubeletBackend } from "./kubelet-backend.ts";
import { podOf } from "./pod-log.ts";

/** `[SCHEME:]NAME[:PORT]`, as the proxies of pods, services and nodes are addressed. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  readonly port: string;
}

export function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(":");
  if (parts.length === 1) return { scheme: "http", name: parts[0]!, port: "" };
  if (parts.length === 2) return { scheme: "http", name: parts[0]!, port: parts[1]! };
  const [scheme = "", name = "", port = ""] = parts;
  if (parts.length !== 3 || (scheme !== "http" && scheme !== "https" && scheme !== "")) return undefined;
  return { scheme: scheme || "http", name, port } as ProxyName;
}

const unavailable = (message: string): StatusError =>
  new StatusError({ message, reason: "ServiceUnavailable", code: 503 });

function parsed(kind: string, text: string): ProxyName {
  const found = parseProxyName(text);
  if (!found) throw badRequest(`invalid ${kind} request ${JSON.stringify(text)}`);
  return found;
}

/** Addresses that mean something else to the API server than to the one who wrote them: the server's own machine, links. */
function isProxyable(address: string): boolean {
  const lower = address.toLowerCase();
  if (lower.includes(":")) {
    return lower !== "::1" && lower !== "::" && !/^fe[89ab]/.test(lower) && !lower.startsWith("ff");
  }
  const [first = 0, second = 0] = lower.split(".").map(Number);
  return first !== 127 && first !== 0 && !(first === 169 && second === 254) && (first < 224 || first > 239);
}

async function podTarget(stores: ResourceStores, namespace: string, text: string): Promise<Backend> {
  const { scheme, name, port } = parsed("pod", text);
  const pod: DeepReadonly<Pod> = await podOf(stores, namespace, name);
  const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const host = pod.status?.podIP ?? pod.status?.podIPs?.[0]?.ip;
  if (!host || !isProxyable(host)) throw badRequest("address not allowed");
  const number = port === "" ? first : Number(port);
  return { type: "endpoint", scheme, host, port: number ?? (scheme === "https" ? 443 : 80) };
}

interface Candidate {
  readonly host: string;
  readonly port: number;
}

async function readyEndpoints(
  stores: ResourceStores,
  namespace: string,
  name: string,
  portName: string,
): Promise<Candidate[]> {
  const { items } = await stores.find("discovery.k8s.io", "endpointslices")!.list(namespace);
  return (items as unknown as DeepReadonly<EndpointSlice>[])
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
    .flatMap((slice) => {
      const port = slice.ports?.find((candidate) => (candidate.name ?? "") === portName)?.port;
      if (port === undefined) return [];
      const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      return ready.flatMap(({ addresses }) => (addresses[0] ? [{ host: addresses[0], port }] : []));
    });
}

function servicePortName(service: DeepReadonly<Service>, asked: string): string {
  const ports = service.spec?.ports ?? [];
  if (asked === "" && ports.length === 1) return ports[0]!.name ?? "";
  const found = ports.find(({ name = "", port }) => (asked !== "" && name === asked) || String(port) === asked);
  if (!found) {
    throw unavailable(
      `no service port ${JSON.stringify(asked)} found for service ${JSON.stringify(service.metadata.name)}`,
    );
  }
  return found.name ?? "";
}

async function serviceTarget(
  stores: ResourceStores,
  random: Random,
  namespace: string,
  text: string,
): Promise<Backend> {
  const { scheme, name, port } = parsed("service", text);
  const service = (await stores.find("", "services")!.get(namespace, name)) as DeepReadonly<Service>;
  const candidates = await readyEndpoints(stores, namespace, name, servicePortName(service, port));
  if (candidates.length === 0) throw unavailable(`no endpoints available for service ${JSON.stringify(text)}`);
  const chosen = candidates[randomInt(random, candidates.length)]!;
  if (!isProxyable(chosen.host)) throw badRequest("address not allowed");
  return { type: "endpoint", scheme, ...chosen };
}

async function nodeTarget(stores: ResourceStores, text: string): Promise<Backend> {
  const { scheme, name, port } = parsed("node", text);
  const backend = await kubeletBackend(stores, name);
  if (port === "" || Number(port) === backend.port) return backend;
  return { type: "endpoint", scheme, host: backend.host, port: Number(port) };
}

/** Whom a proxied request goes to. */
export function proxyBackend(
  { stores, random }: { readonly stores: ResourceStores; readonly random: Random },
  { info }: RequestContext,
): Promise<Backend> {
  switch (info.resource) {
    case "pods":
      return podTarget(stores, info.namespace, info.name);
    case "services":
      return serviceTarget(stores, random, info.namespace, info.name);
    default:
      return nodeTarget(stores, info.name);
  }
}

/** What comes after `/proxy`, as it was sent, query included; without a slash when the client sent none. */
export function proxiedPath({ request, info }: RequestContext): string {
  const marker = `/${info.resource}/`;
  const from = request.path.indexOf("/proxy", request.path.indexOf(marker) + marker.length);
  return request.path.slice(from + "/proxy".length);
}
