// SPDX-License-Identifier: Apache-2.0

import { badRequest, type DeepReadonly } from "../../apimachinery/index.ts";
import type { Pod } from "../../api/index.ts";
import type { RequestContext } from "../request-context.ts";
import type { ResourceStores } from "../resource-store.ts";
import type { Backend } from "./backend-transport.ts";
import { podsKubelet } from "./kubelet-backend.ts";
import { containerOf } from "./pod-container.ts";
import { podOf } from "./pod-log.ts";

/** Where a streamed request goes on. */
export interface StreamTarget {
  readonly backend: Backend;
  /** Path and query. */
  readonly path: string;
}

/** How the API calls its streams, and how the kubelet does. */
const STREAM_FLAGS = [
  ["stdin", "input", false],
  ["stdout", "output", true],
  ["stderr", "error", true],
  ["tty", "tty", false],
] as const;

function isTrue(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value !== "0" && value.toLowerCase() !== "false";
}

function streamQuery(query: URLSearchParams, defaults: boolean): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, kubeletName, byDefault] of STREAM_FLAGS) {
    if (isTrue(query, name, defaults && byDefault)) out.set(kubeletName, "1");
  }
  for (const word of query.getAll("command")) out.append("command", word);
  return out;
}

const MAX_PORT = 65_535;

function nodeOf(pod: DeepReadonly<Pod>): string {
  if (!pod.spec.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return pod.spec.nodeName;
}

const withQuery = (path: string, query: URLSearchParams): string =>
  query.size > 0 ? `${path}?${query.toString()}` : path;

async function containerTarget(
  stores: ResourceStores,
  { info }: RequestContext,
  verb: "exec" | "attach",
): Promise<StreamTarget> {
  const { namespace, name, query } = info;
  const pod = await podOf(stores, namespace, name);
  const container = containerOf(pod, query.get("container") ?? "");
  const backend = await podsKubelet(stores, nodeOf(pod));
  const kubeletQuery = streamQuery(query, verb === "attach");
  return { backend, path: withQuery(`/${verb}/${namespace}/${name}/${container}`, kubeletQuery) };
}

/** 400 in the words of Go's parser. */
function checkPort(text: string): void {
  const isNumber = /^\d+$/.test(text);
  if (text === "" || (isNumber && Number(text) <= MAX_PORT)) return;
  const problem = isNumber ? "value out of range" : "invalid syntax";
  throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`);
}

async function portForwardTarget(stores: ResourceStores, { info }: RequestContext): Promise<StreamTarget> {
  const { namespace, name, query } = info;
  const ports = query.getAll("ports").flatMap((value) => value.split(","));
  for (const port of ports) checkPort(port);
  const pod = await podOf(stores, namespace, name);
  const backend = await podsKubelet(stores, nodeOf(pod));
  const kubeletQuery = new URLSearchParams(ports.length > 0 ? { port: ports.join(",") } : {});
  return { backend, path: withQuery(`/portForward/${namespace}/${name}`, kubeletQuery) };
}

/** The subresources of pods that are streams both ways, and where each goes. */
export const POD_STREAMS: Readonly<
  Record<string, (stores: ResourceStores, context: RequestContext) => Promise<StreamTarget>>
> = {
  exec: (stores, context) => containerTarget(stores, context, "exec"),
  attach: (stores, context) => containerTarget(stores, context, "attach"),
  portforward: portForwardTarget,
};
