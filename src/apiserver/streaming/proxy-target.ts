// SPDX-License-Identifier: Apache-2.0

import { badRequest, notFound, StatusError, type DeepReadonly } from "../../apimachinery/index.ts";
import type { EndpointAddress, Endpoints, Pod, Service } from "../../api/index.ts";
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

function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(":");
  if (parts.length === 1) return { scheme: "http", name: parts[0]!, port: "" };
  if (parts.length === 2) return { scheme: "http", name: parts[0]!, port: parts[1]! };
  const [scheme = "", name = "", port = ""] = parts;
  if (parts.length !== 3 || (scheme !== "http" && scheme !== "https" && scheme !== "")) return undefined;
  return { scheme: scheme || "http", name, port } as ProxyName;
}

const MAX_PORT = 65_535;

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

/** A port that the client names; what is none fails as dialling it would. */
function portNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= MAX_PORT) return Number(text);
  throw unavailable(`error trying to reach service: dial tcp: address ${text}: invalid port`);
}

async function podTarget(stores: ResourceStores, namespace: string, text: string): Promise<Backend> {
  const { scheme, name, port } = parsed("pod", text);
  const pod: DeepReadonly<Pod> = await podOf(stores, namespace, name);
  const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const host = pod.status?.podIP ?? pod.status?.podIPs?.[0]?.ip;
  if (!host || !isProxyable(host)) throw badRequest("address not allowed");
  const number = port === "" ? first : portNumber(port);
  return { type: "endpoint", scheme, host, port: number ?? (scheme === "https" ? 443 : 80) };
}

interface Candidate {
  readonly host: string;
  readonly port: number;
}

const noEndpoints = (text: string): StatusError =>
  unavailable(`no endpoints available for service ${JSON.stringify(text)}`);

/** The name of a service's port, of which the client may have given the number. */
async function servicePortName(
  stores: ResourceStores,
  { namespace, name, port }: { readonly namespace: string; readonly name: string; readonly port: string },
): Promise<string> {
  if (!/^[+-]?\d+$/.test(port)) return port;
  const service = (await stores.find("", "services")!.get(namespace, name)) as DeepReadonly<Service>;
  const found = service.spec?.ports?.find((candidate) => candidate.port === Number(port));
  if (!found) throw unavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
  return found.name ?? "";
}

/** Whether an address is that of a pod that there is: nobody is led elsewhere by Endpoints that somebody wrote. */
function isPodsAddress(stores: ResourceStores, namespace: string, address: DeepReadonly<EndpointAddress>): boolean {
  const { targetRef, ip } = address;
  if (!targetRef?.name || targetRef.namespace !== namespace) return false;
  const pod = stores.find("", "pods")!.peek(namespace, targetRef.name) as DeepReadonly<Pod> | undefined;
  return pod?.status?.podIPs?.some((candidate) => candidate.ip === ip) ?? false;
}

function candidatesOf(stores: ResourceStores, endpoints: DeepReadonly<Endpoints>, portName: string): Candidate[] {
  const namespace = endpoints.metadata.namespace ?? "";
  return (endpoints.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    const port = ports.find(({ name = "" }) => name === portName)?.port;
    if (port === undefined) return [];
    return addresses
      .filter((address) => isPodsAddress(stores, namespace, address))
      .map(({ ip }) => ({ host: ip, port }));
  });
}

async function serviceTarget(
  stores: ResourceStores,
  random: Random,
  namespace: string,
  text: string,
): Promise<Backend> {
  const { scheme, name, port } = parsed("service", text);
  const portName = await servicePortName(stores, { namespace, name, port });
  const endpoints = stores.find("", "endpoints")!.peek(namespace, name) as DeepReadonly<Endpoints> | undefined;
  if (!endpoints) throw notFound({ group: "", resource: "services" }, name);
  if (!endpoints.subsets?.length) throw noEndpoints(name);
  const candidates = candidatesOf(stores, endpoints, portName);
  if (candidates.length === 0) throw noEndpoints(text);
  return { type: "endpoint", scheme, ...candidates[randomInt(random, candidates.length)]! };
}

async function nodeTarget(stores: ResourceStores, text: string): Promise<Backend> {
  const { scheme, name, port } = parsed("node", text);
  const backend = await kubeletBackend(stores, name);
  if (!isProxyable(backend.host)) throw badRequest("address not allowed");
  if (port === "" || Number(port) === backend.port) return backend;
  return { type: "endpoint", scheme, host: backend.host, port: portNumber(port) };
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
