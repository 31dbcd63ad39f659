// SPDX-License-Identifier: Apache-2.0

import type { ServiceError } from "@grpc/grpc-js";
import type { ProbeResult } from "../../kubelet/index.ts";
import { grpcLibrary } from "../grpc/grpc-library.ts";

const CHECK = "/grpc.health.v1.Health/Check";
const SERVING = 1;
const STATUS_NAMES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
/** Field 1, length-delimited; field 1, varint. */
const NAME_TAG = 0x0a;
const STATUS_TAG = 0x08;
const VARINT_MAX = 0x7f;

/** HealthCheckRequest { string service = 1 }. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service, "utf8");
  if (name.length === 0) return Buffer.alloc(0);
  const length: number[] = [];
  let rest = name.length;
  for (; rest > VARINT_MAX; rest >>>= 7) length.push((rest & VARINT_MAX) | 0x80);
  length.push(rest);
  return Buffer.concat([Buffer.from([NAME_TAG, ...length]), name]);
}

/** HealthCheckResponse { ServingStatus status = 1 }. */
const decodeStatus = (bytes: Buffer): number => (bytes[0] === STATUS_TAG ? (bytes[1] ?? 0) : 0);

interface GrpcProbe {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly timeoutMs: number;
}

function failureText(error: ServiceError, address: string, timeoutMs: number): string {
  const timeout = `${timeoutMs / 1000}s`;
  const { status } = grpcLibrary();
  switch (error.code) {
    case status.UNIMPLEMENTED:
      return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`;
    case status.DEADLINE_EXCEEDED:
      return `timeout: health rpc did not complete within ${timeout}`;
    case status.UNAVAILABLE:
      return `timeout: failed to connect service "${address}" within ${timeout}: ${error.details}`;
    default:
      return `error: health rpc probe failed: rpc error: code = ${status[error.code]} desc = ${error.details}`;
  }
}

/** Asks a gRPC server for its health, by the standard health protocol. */
export function probeGrpcHealth(probe: GrpcProbe, signal: AbortSignal): Promise<ProbeResult> {
  const address = probe.host.includes(":") ? `[${probe.host}]:${probe.port}` : `${probe.host}:${probe.port}`;
  const { Client, credentials, Metadata } = grpcLibrary();
  const client = new Client(address, credentials.createInsecure(), { "grpc.primary_user_agent": "kube-probe/1.35" });
  return new Promise<ProbeResult>((resolve, reject) => {
    const onAbort = () => call.cancel();
    const call = client.makeUnaryRequest<string, number>(
      CHECK,
      encodeRequest,
      decodeStatus,
      probe.service,
      new Metadata(),
      { deadline: Date.now() + probe.timeoutMs },
      (error, answer) => {
        signal.removeEventListener("abort", onAbort);
        if (signal.aborted) reject(signal.reason);
        else if (error) resolve({ type: "failure", output: failureText(error, address, probe.timeoutMs) });
        else if (answer === SERVING) resolve({ type: "success", output: "service healthy" });
        else resolve({ type: "failure", output: `service unhealthy (responded with "${STATUS_NAMES[answer ?? 0]}")` });
      },
    );
    signal.addEventListener("abort", onAbort, { once: true });
  }).finally(() => client.close());
}
