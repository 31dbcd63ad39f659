// SPDX-License-Identifier: Apache-2.0

import type { Service } from "../types.ts";

const variableName = (name: string): string => name.toUpperCase().replaceAll("-", "_").replaceAll(".", "_");

const hostPort = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

function addLinks(env: Map<string, string>, prefix: string, service: Service, ip: string): void {
  const ports = service.spec?.ports ?? [];
  ports.forEach((port, i) => {
    const protocol = port.protocol ?? "TCP";
    const url = `${protocol.toLowerCase()}://${hostPort(ip, port.port)}`;
    const portPrefix = `${prefix}_PORT_${port.port}_${protocol}`;
    if (i === 0) env.set(`${prefix}_PORT`, url);
    env.set(portPrefix, url);
    env.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
    env.set(`${portPrefix}_PORT`, String(port.port));
    env.set(`${portPrefix}_ADDR`, ip);
  });
}

function addService(env: Map<string, string>, service: Service): void {
  const ip = service.spec?.clusterIP;
  const ports = service.spec?.ports ?? [];
  if (!ip || ip === "None" || ports.length === 0) return;
  const prefix = variableName(service.metadata?.name ?? "");
  env.set(`${prefix}_SERVICE_HOST`, ip);
  env.set(`${prefix}_SERVICE_PORT`, String(ports[0]!.port));
  for (const port of ports) {
    if (port.name) env.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  }
  addLinks(env, prefix, service, ip);
}

/** The variables of Services: `kubernetes` for every pod, those of its namespace if it wants links. */
export function serviceEnvironment(
  services: Iterable<Service>,
  options: { readonly namespace: string; readonly links: boolean },
): Map<string, string> {
  const env = new Map<string, string>();
  const own: Service[] = [];
  for (const service of services) {
    const namespace = service.metadata?.namespace ?? "";
    const isMaster = namespace === "default" && service.metadata?.name === "kubernetes";
    if (isMaster) addService(env, service);
    else if (options.links && namespace === options.namespace) own.push(service);
  }
  for (const service of own) addService(env, service);
  return env;
}
