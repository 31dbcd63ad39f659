// SPDX-License-Identifier: Apache-2.0

import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { CallOptions, HttpProbe, ProbePort, ProbeResult } from "../../kubelet/index.ts";
import { probeGrpcHealth } from "./grpc-health.ts";

/** What of an answer's body is kept. */
const BODY_BYTES_MAX = 10 * 1024;
const REDIRECTS_MAX = 10;

const hostPort = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

/** A failed connection in the words of Go's dialer, since users read it in events. */
function dialText(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "ECONNRESET") return `read tcp ${hostPort(host, port)}: read: connection reset by peer`;
  if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") return `dial tcp: lookup ${host}: no such host`;
  const why = CODES[error.code ?? ""];
  return why ? `dial tcp ${hostPort(host, port)}: ${why}` : error.message;
}

const urlText = (probe: HttpProbe): string => {
  const isDefault = probe.port === (probe.scheme === "https" ? 443 : 80);
  return `${probe.scheme}://${isDefault ? probe.host : hostPort(probe.host, probe.port)}${probe.path}`;
};

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = () => resolve(Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString("utf8"));
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= BODY_BYTES_MAX) response.destroy();
    });
    response.on("end", done);
    response.on("close", done);
    response.on("error", done);
  });
}

/** Sends one request; gives the answer, or the text of why there is none. */
function ask(probe: HttpProbe, signal: AbortSignal): Promise<IncomingMessage | string> {
  return new Promise((resolve) => {
    const send = probe.scheme === "https" ? httpsRequest : httpRequest;
    const host = probe.headers.find((h) => h.name.toLowerCase() === "host")?.value;
    const headers: Record<string, string | string[]> = { Host: host ?? hostPort(probe.host, probe.port) };
    for (const { name, value } of probe.headers) {
      if (name.toLowerCase() !== "host") headers[name] = [...(headers[name] ?? []), value];
    }
    const request = send({
      host: probe.host,
      port: probe.port,
      path: probe.path,
      method: "GET",
      agent: false,
      rejectUnauthorized: false,
      headers,
      signal,
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      request.destroy();
    }, probe.timeoutMs);
    const finish = (result: IncomingMessage | string) => {
      clearTimeout(timer);
      resolve(result);
    };
    request.on("response", finish);
    request.on("error", (error) => {
      const why = timedOut
        ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        : dialText(error, probe.host, probe.port);
      finish(`Get "${urlText(probe)}": ${why}`);
    });
    request.end();
  });
}

/** The probe that a redirect leads to; undefined when it leads to another host, which is not followed. */
function redirected(probe: HttpProbe, location: string): HttpProbe | undefined {
  const target = URL.parse(location, `${probe.scheme}://${hostPort(probe.host, probe.port)}${probe.path}`);
  if (!target || target.hostname.replace(/^\[|\]$/g, "") !== probe.host) return undefined;
  const scheme = target.protocol === "https:" ? "https" : "http";
  const port = target.port ? Number(target.port) : scheme === "https" ? 443 : 80;
  return { ...probe, scheme, port, path: target.pathname + target.search };
}

async function probeHttp(first: HttpProbe, signal: AbortSignal): Promise<ProbeResult> {
  let probe = first;
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(probe, signal);
    signal.throwIfAborted();
    if (typeof answer === "string") return { type: "failure", output: answer };
    const status = answer.statusCode ?? 0;
    const body = await readBody(answer);
    const location = answer.headers.location;
    const next = status >= 300 && status < 400 && location ? redirected(probe, location) : undefined;
    if (next) {
      if (redirects >= REDIRECTS_MAX) return { type: "failure", output: `stopped after ${REDIRECTS_MAX} redirects` };
      probe = next;
      continue;
    }
    if (status >= 200 && status < 400) return { type: "success", output: body };
    return { type: "failure", output: `HTTP probe failed with statuscode: ${status}` };
  }
}

function probeTcp(
  probe: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const { host, port } = probe;
    const socket = connect({ host, port });
    const finish = (result: ProbeResult) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = () => {
      clearTimeout(timer);
      socket.destroy();
      reject(signal.reason);
    };
    const timer = setTimeout(
      () => finish({ type: "failure", output: `dial tcp ${hostPort(host, port)}: i/o timeout` }),
      probe.timeoutMs,
    );
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("connect", () => finish({ type: "success", output: "" }));
    socket.on("error", (error) => finish({ type: "failure", output: dialText(error, host, port) }));
  });
}

/** Probes over the node's network. */
export const containerProbes: ProbePort = {
  http: (probe: HttpProbe, { signal }: CallOptions) => probeHttp(probe, signal),
  tcp: (probe, { signal }) => probeTcp(probe, signal),
  grpc: (probe, { signal }) => probeGrpcHealth(probe, signal),
};
