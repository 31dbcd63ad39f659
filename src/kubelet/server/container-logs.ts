// SPDX-License-Identifier: Apache-2.0

import { parseTime } from "../../apimachinery/index.ts";
import type { ApiResponse } from "../../client/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { findContainerSpec } from "../pods/container-kind.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import type { LogOptions } from "../ports.ts";
import { loggedContainerId } from "./log-source.ts";
import { NodeError } from "./node-error.ts";

const MS_PER_SECOND = 1_000;
const isTrue = (query: URLSearchParams, name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) throw new NodeError(400, `Unable to decode query: ${name}: ${text}`);
  return Number(text);
}

function sinceMs(query: URLSearchParams, nowMs: number): number | undefined {
  const seconds = numberOf(query, "sinceSeconds");
  if (seconds !== undefined) return nowMs - seconds * MS_PER_SECOND;
  const time = query.get("sinceTime");
  return time ? parseTime(time) : undefined;
}

function streamOf(query: URLSearchParams): LogOptions["stream"] {
  const stream = query.get("stream");
  if (stream === "Stdout") return "stdout";
  return stream === "Stderr" ? "stderr" : undefined;
}

/** Answers a request for a container's log. */
export function containerLogsResponse(
  context: Pick<KubeletContext, "logs" | "clock">,
  record: PodRecord,
  request: { readonly container: string; readonly query: URLSearchParams; readonly signal: AbortSignal },
): ApiResponse {
  const { container, query, signal } = request;
  const { pod } = record;
  if (!findContainerSpec(pod, container))
    throw new NodeError(404, `container "${container}" not found in pod "${pod.metadata?.name}"`);
  const previous = isTrue(query, "previous");
  const id = loggedContainerId(pod, record.lastStatus, container, previous);
  const found = record.runtime.containers.find((c) => c.id === id);
  if (!found) throw new NodeError(404, `unable to retrieve container logs for containerd://${id}`);
  const running = () => {
    const now = record.runtime.containers.find((c) => c.id === id);
    return now?.state === "CONTAINER_RUNNING" && record.life !== "finished";
  };
  const log: LogOptions = {
    follow: isTrue(query, "follow"),
    timestamps: isTrue(query, "timestamps"),
    tailLines: numberOf(query, "tailLines"),
    limitBytes: numberOf(query, "limitBytes"),
    sinceMs: sinceMs(query, context.clock.nowMs()),
    stream: streamOf(query),
  };
  const chunks = context.logs.read(found.logPath, log, { signal, ended: () => !running() });
  return { status: 200, headers: { "content-type": "text/plain" }, body: { type: "chunks", chunks } };
}
