// SPDX-License-Identifier: Apache-2.0

import type { HttpProbe } from "../ports.ts";
import type { Container, HTTPGetAction } from "../types.ts";

const PORT_MAX = 65_535;

/** A port by number, or by the name that the container gives it. */
export function resolvePort(port: number | string | undefined, container: Container): number {
  const number = typeof port === "number" ? port : /^\d+$/.test(port ?? "") ? Number(port) : undefined;
  const found = number ?? container.ports?.find((p) => p.name === port)?.containerPort;
  if (found === undefined) throw new Error(`couldn't find port: ${port} in container: ${container.name}`);
  if (found <= 0 || found > PORT_MAX) throw new Error(`invalid port number: ${found}`);
  return found;
}

const USER_AGENT = "kube-probe/1.35";

/** The request that an httpGet action means. */
export function httpTarget(
  action: HTTPGetAction,
  container: Container,
  options: { readonly podIp: string; readonly timeoutMs: number; readonly userAgent?: string },
): HttpProbe {
  const headers = (action.httpHeaders ?? []).map((h) => ({ name: h.name, value: h.value }));
  const has = (name: string) => headers.some((h) => h.name.toLowerCase() === name);
  if (!has("user-agent")) headers.push({ name: "User-Agent", value: options.userAgent ?? USER_AGENT });
  if (!has("accept")) headers.push({ name: "Accept", value: "*/*" });
  const path = action.path ?? "/";
  return {
    scheme: (action.scheme ?? "HTTP").toLowerCase() === "https" ? "https" : "http",
    host: action.host || options.podIp,
    port: resolvePort(action.port, container),
    path: path.startsWith("/") ? path : `/${path}`,
    headers: headers.filter((h) => h.value !== "" || h.name.toLowerCase() !== "accept"),
    timeoutMs: options.timeoutMs,
  };
}
