// SPDX-License-Identifier: Apache-2.0

import { TaskGroup } from "../../base/index.ts";
import type { ApiRequest, ApiResponse, Client } from "../../client/index.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import type { PodRecord } from "../pods/pod-record.ts";
import type { PodWorkers } from "../pods/pod-workers.ts";
import { EMPTY_RUNTIME } from "../runtime/pod-runtime.ts";
import type { NodeHandler, RuntimeStreams, UpgradeRequest } from "../ports.ts";
import { containerLogsResponse } from "./container-logs.ts";
import { NodeAccess } from "./node-access.ts";
import { errorResponse, jsonResponse, NodeError, textResponse } from "./node-error.ts";
import { statsSummary } from "./stats-summary.ts";
import { StreamUpgrades } from "./stream-upgrades.ts";

export interface NodeApiOptions {
  readonly context: KubeletContext;
  readonly client: Client;
  readonly workers: PodWorkers;
  /** Without it exec, attach and port-forward are refused. */
  readonly streams: RuntimeStreams | undefined;
}

interface Route {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function routeOf(request: ApiRequest): Route {
  const [path = "", query = ""] = request.path.split("?");
  return { parts: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** Longer than this nobody waits for a kubelet to get to know its pods. */
const SYNC_LIMIT_MS = 20_000;

/** How long a question waits for the first look at its pod, and how often it checks. */
const SEEN_LIMIT_MS = 3_000;
const SEEN_POLL_MS = 20;

const asksAboutPods = (path: string): boolean => !/^\/(healthz|metrics)/.test(path);

/** The HTTPS API of a node: logs, streams, statistics, health. */
export class NodeApi implements NodeHandler {
  readonly #context: KubeletContext;
  readonly #workers: PodWorkers;
  readonly #access: NodeAccess;
  readonly #upgrades: StreamUpgrades | undefined;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;

  constructor(options: NodeApiOptions) {
    const { context, client, streams } = options;
    this.#context = context;
    this.#workers = options.workers;
    this.#access = new NodeAccess({ client, nodeName: context.nodeName, clock: context.clock });
    this.#upgrades = streams && new StreamUpgrades(context, streams);
  }

  /** The pods of the node are known from now on; questions about pods waited for that. */
  synced(): void {
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    try {
      await this.#access.check(request);
      if (asksAboutPods(request.path)) await this.#untilSynced(request.signal);
      return await this.#answer(request, routeOf(request));
    } catch (error) {
      return errorResponse(error);
    }
  }

  async upgrade(upgrade: UpgradeRequest): Promise<void> {
    try {
      await this.#access.check(upgrade.request);
      await this.#untilSynced(upgrade.request.signal);
      await this.#stream(upgrade, routeOf(upgrade.request));
    } catch (error) {
      upgrade.respond(errorResponse(error));
    }
  }

  /** A kubelet that has just started knows no pods yet: who asks then is not told that they do not exist. */
  async #untilSynced(signal: AbortSignal): Promise<void> {
    if (this.#isSynced) return;
    const { clock } = this.#context;
    await using group = new TaskGroup(signal);
    const limit = clock.sleep(SYNC_LIMIT_MS, { signal: group.signal }).catch(() => undefined);
    await Promise.race([this.#synced.promise, limit]);
  }

  async #answer(request: ApiRequest, { parts, query }: Route): Promise<ApiResponse> {
    const [what, namespace = "", pod = "", container = ""] = parts;
    switch (what) {
      case "healthz":
        return textResponse(200, "ok");
      case "pods":
        return jsonResponse(this.#podList());
      case "containerLogs":
        return containerLogsResponse(this.#context, await this.#seenRecord(namespace, pod, request.signal), {
          container,
          query,
          signal: request.signal,
        });
      case "stats":
        if (namespace !== "summary" && namespace !== "") break;
        return jsonResponse(await statsSummary(this.#context, this.#workers.records(), request.signal));
      case "metrics":
        return textResponse(200, this.#metrics(), "text/plain; version=0.0.4; charset=utf-8");
      case "exec":
      case "attach":
      case "portForward":
        throw new NodeError(400, "Upgrade request required");
    }
    throw new NodeError(404, "404 page not found");
  }

  async #stream(upgrade: UpgradeRequest, { parts, query }: Route): Promise<void> {
    const [what, namespace = "", name = ""] = parts;
    const { signal } = upgrade.request;
    // Paths may hold the pod's UID between pod and container.
    const container = parts.at(-1) ?? "";
    if (!this.#upgrades) throw new NodeError(501, "this node's runtime has no streams");
    if (what === "portForward")
      return this.#upgrades.portForward(upgrade, await this.#seenRecord(namespace, name, signal), query);
    if (what !== "exec" && what !== "attach") throw new NodeError(404, "404 page not found");
    return this.#upgrades.command(
      upgrade,
      { record: await this.#seenRecord(namespace, name, signal), container, query },
      what,
    );
  }

  /** The pod, once the runtime was asked about it: a kubelet that has just started does that one pod after the other. */
  async #seenRecord(namespace: string, name: string, signal: AbortSignal): Promise<PodRecord> {
    const record = this.#record(namespace, name);
    for (let waitedMs = 0; record.runtime === EMPTY_RUNTIME; waitedMs += SEEN_POLL_MS) {
      if (waitedMs >= SEEN_LIMIT_MS) break;
      await this.#context.clock.sleep(SEEN_POLL_MS, { signal });
    }
    return record;
  }

  #record(namespace: string, name: string): PodRecord {
    for (const record of this.#workers.records()) {
      const m = record.pod.metadata;
      if (m?.name === name && m.namespace === namespace && !record.removed) return record;
    }
    throw new NodeError(404, `pod "${namespace}/${name}" not found`);
  }

  #podList(): object {
    const items = [...this.#workers.records()].map((r) => ({ ...r.pod, status: r.lastStatus }));
    return { kind: "PodList", apiVersion: "v1", metadata: {}, items };
  }

  #metrics(): string {
    let running = 0;
    let containers = 0;
    for (const record of this.#workers.records()) {
      if (record.runtime.sandboxes[0]?.ready) running++;
      containers += record.runtime.containers.filter((c) => c.state === "CONTAINER_RUNNING").length;
    }
    return [
      "# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.",
      "# TYPE kubelet_node_name gauge",
      `kubelet_node_name{node="${this.#context.nodeName}"} 1`,
      "# HELP kubelet_running_containers [ALPHA] Number of containers currently running",
      "# TYPE kubelet_running_containers gauge",
      `kubelet_running_containers{container_state="running"} ${containers}`,
      "# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox",
      "# TYPE kubelet_running_pods gauge",
      `kubelet_running_pods ${running}`,
      "",
    ].join("\n");
  }
}
