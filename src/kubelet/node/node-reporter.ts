// SPDX-License-Identifier: Apache-2.0

import { formatMicroTime, formatTime, isAlreadyExists, isConflict, isNotFound } from "../../apimachinery/index.ts";
import { LEASES, NODES, type Client } from "../../client/index.ts";
import type { Lease, Node as ApiNode } from "../../api/index.ts";
import type { CriImage, RuntimeStatus, RuntimeVersion } from "../cri.ts";
import type { KubeletContext } from "../kubelet-context.ts";
import { deepEqual } from "../status/status-patch.ts";
import type { Node, NodeCondition, NodeStatus } from "../types.ts";
import type { NodeOptions } from "./node-options.ts";
import { nodeStatus } from "./node-status.ts";

const LEASE_NAMESPACE = "kube-node-lease";
/** A lease is renewed four times in its life. */
const RENEWALS_PER_LEASE = 4;
const MS_PER_SECOND = 1_000;
const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 7_000;
/** A node that starts and is not ready, as while its runtime starts too, is looked at this often, for this long. */
const STARTING_CHECK_MS = 500;
const STARTING_MS = 120_000;

const CONDITION_EVENTS: Readonly<Record<string, readonly [whenTrue: string, whenFalse: string]>> = {
  MemoryPressure: ["NodeHasInsufficientMemory", "NodeHasSufficientMemory"],
  DiskPressure: ["NodeHasDiskPressure", "NodeHasNoDiskPressure"],
  PIDPressure: ["NodeHasInsufficientPID", "NodeHasSufficientPID"],
  Ready: ["NodeReady", "NodeNotReady"],
};

export interface NodeReporterOptions {
  readonly context: KubeletContext;
  readonly client: Client;
  readonly options: NodeOptions;
}

/** Registers a node, keeps its status current and its lease alive. */
export class NodeReporter {
  readonly #context: KubeletContext;
  readonly #client: Client;
  readonly #options: NodeOptions;
  #version: RuntimeVersion | undefined;
  #node: Node | undefined;
  #lease: Lease | undefined;
  #reportedAtMs = 0;

  constructor(options: NodeReporterOptions) {
    this.#context = options.context;
    this.#client = options.client;
    this.#options = options.options;
  }

  /** The node as the API server answered last. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** Reads the node anew. */
  async refresh(signal: AbortSignal): Promise<void> {
    this.#node = await this.#client.resource(NODES).get(this.#context.nodeName, { signal });
  }

  /** Tries until the node is registered. */
  async register(signal: AbortSignal): Promise<void> {
    this.#event("Normal", "Starting", "Starting kubelet.");
    for (let retryMs = RETRY_BASE_MS; ; retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#registerOnce(signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.#context.log.warn("Node could not be registered", { error: String(error) });
        await this.#context.clock.sleep(retryMs, { signal });
      }
    }
  }

  /** Looks at the status, and writes it when it changed or is due. */
  async runStatus(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    const startedMs = clock.monotonicMs();
    for (;;) {
      const isStarting = !this.#isReady && clock.monotonicMs() - startedMs < STARTING_MS;
      const { statusCheckMs } = this.#options;
      await clock.sleep(isStarting ? Math.min(STARTING_CHECK_MS, statusCheckMs) : statusCheckMs, { signal });
      try {
        await this.reportStatus(signal);
      } catch (error) {
        signal.throwIfAborted();
        log.warn("Node status could not be written", { error: String(error) });
      }
    }
  }

  /** Renews the lease until aborted. */
  async runLease(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    const intervalMs = (this.#options.leaseSeconds * MS_PER_SECOND) / RENEWALS_PER_LEASE;
    for (;;) {
      try {
        await this.#renew(signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#lease = undefined;
        log.warn("Node lease could not be renewed", { error: String(error) });
      }
      await clock.sleep(intervalMs, { signal });
    }
  }

  get #isReady(): boolean {
    const conditions = this.#node?.status?.conditions ?? [];
    return conditions.some((c) => c.type === "Ready" && c.status === "True");
  }

  async reportStatus(signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const wanted = await this.#status(signal);
    const have = this.#node?.status as NodeStatus | undefined;
    const due = clock.monotonicMs() - this.#reportedAtMs >= this.#options.statusReportMs;
    const patch = statusChanges(have, wanted, due);
    if (patch === undefined) return;
    const nodes = this.#client.resource(NODES);
    this.#node = await nodes.patch(
      this.#context.nodeName,
      "strategic",
      { status: patch },
      { signal, subresource: "status" },
    );
    this.#reportedAtMs = clock.monotonicMs();
    this.#reportTransitions(have?.conditions ?? [], wanted.conditions ?? []);
  }

  async #registerOnce(signal: AbortSignal): Promise<void> {
    const nodes = this.#client.resource(NODES);
    const wanted = this.#newNode(await this.#status(signal));
    try {
      this.#node = await nodes.create(wanted, { signal });
      this.#reportedAtMs = this.#context.clock.monotonicMs();
      if (this.#node.status?.conditions) this.#reportTransitions([], wanted.status?.conditions ?? []);
      else await this.reportStatus(signal);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await this.#adoptNode(wanted, signal);
    }
  }

  /** The node exists from an earlier life: its labels and status are brought up to date. */
  async #adoptNode(wanted: ApiNode, signal: AbortSignal): Promise<void> {
    const { nodeName, host } = this.#context;
    const nodes = this.#client.resource(NODES);
    const existing: Node = await nodes.get(nodeName, { signal });
    const labels = missing(existing.metadata?.labels, wanted.metadata?.labels);
    const annotations = missing(existing.metadata?.annotations, wanted.metadata?.annotations);
    this.#node = existing;
    if (labels || annotations) {
      const metadata = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
      this.#node = await nodes.patch(nodeName, "strategic", { metadata }, { signal });
    }
    const before = existing.status?.nodeInfo?.bootID;
    if (before && before !== host.bootId)
      this.#event("Warning", "Rebooted", `Node ${nodeName} has been rebooted, boot id: ${host.bootId}`);
    this.#reportedAtMs = Number.NEGATIVE_INFINITY;
    await this.reportStatus(signal);
  }

  #newNode(status: NodeStatus): ApiNode {
    const { nodeName, host } = this.#context;
    const { labels, annotations, taints, providerId, podCidrs } = this.#options;
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name: nodeName,
        labels: {
          "beta.kubernetes.io/arch": host.architecture,
          "beta.kubernetes.io/os": host.operatingSystem,
          "kubernetes.io/arch": host.architecture,
          "kubernetes.io/hostname": host.hostname || nodeName,
          "kubernetes.io/os": host.operatingSystem,
          ...labels,
        },
        annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true", ...annotations },
      },
      spec: {
        ...(taints?.length ? { taints: [...taints] } : {}),
        ...(providerId ? { providerID: providerId } : {}),
        ...(podCidrs?.length ? { podCIDR: podCidrs[0], podCIDRs: [...podCidrs] } : {}),
      },
      status,
    } as ApiNode;
  }

  async #status(signal: AbortSignal): Promise<NodeStatus> {
    const { runtime, images, clock, host, nodeName } = this.#context;
    let state: RuntimeStatus | undefined;
    let list: readonly CriImage[] = [];
    try {
      this.#version ??= await runtime.version({ signal });
      state = await runtime.status({ signal });
      list = await images.listImages({ signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#context.log.warn("Runtime does not answer", { error: String(error) });
    }
    return nodeStatus({
      nodeName,
      host,
      options: this.#options,
      version: this.#version,
      runtime: state,
      images: list,
      old: this.#node?.status?.conditions ?? [],
      now: formatTime(clock.nowMs()),
    });
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const leases = this.#client.resource(LEASES).namespace(LEASE_NAMESPACE);
    const { nodeName } = this.#context;
    const renewTime = formatMicroTime(this.#context.clock.nowMs());
    try {
      this.#lease ??= await leases.get(nodeName, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#lease = await leases.create(this.#newLease(renewTime), { signal });
      return;
    }
    const lease = this.#lease!;
    const spec = {
      ...lease.spec,
      holderIdentity: nodeName,
      leaseDurationSeconds: this.#options.leaseSeconds,
      renewTime,
    };
    try {
      this.#lease = await leases.update({ ...lease, spec }, { signal });
    } catch (error) {
      if (!isConflict(error)) throw error;
      const fresh = await leases.get(nodeName, { signal });
      this.#lease = await leases.update({ ...fresh, spec }, { signal });
    }
  }

  #newLease(renewTime: string): Lease {
    const { nodeName } = this.#context;
    const uid = this.#node?.metadata?.uid;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: nodeName,
        namespace: LEASE_NAMESPACE,
        ...(uid ? { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }] } : {}),
      },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: this.#options.leaseSeconds, renewTime },
    } as Lease;
  }

  #reportTransitions(before: readonly Readonly<NodeCondition>[], after: readonly NodeCondition[]): void {
    for (const c of after) {
      const names = CONDITION_EVENTS[c.type];
      if (!names || before.find((b) => b.type === c.type)?.status === c.status) continue;
      const reason = c.status === "True" ? names[0] : names[1];
      this.#event("Normal", reason, `Node ${this.#context.nodeName} status is now: ${reason}`);
    }
  }

  /** Events about the node carry its name as UID, since the kubelet speaks before it knows another. */
  #event(type: "Normal" | "Warning", reason: string, message: string): void {
    const { nodeName, recorder } = this.#context;
    recorder.event({ kind: "Node", name: nodeName, uid: nodeName }, { type, reason, message });
  }
}

function missing(
  have: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): Record<string, string> | undefined {
  const changed: Record<string, string> = {};
  for (const key in wanted) if (have?.[key] !== wanted[key]) changed[key] = wanted[key]!;
  return Object.keys(changed).length > 0 ? changed : undefined;
}

const withoutHeartbeat = (c: Readonly<NodeCondition>) => ({ ...c, lastHeartbeatTime: undefined });

/** What of a node's status is to be written: what changed, and the conditions' heartbeat when it is due. */
export function statusChanges(
  have: NodeStatus | undefined,
  wanted: NodeStatus,
  due: boolean,
): Record<string, unknown> | undefined {
  const changes: Record<string, unknown> = {};
  const before = (have ?? {}) as Record<string, unknown>;
  const after = wanted as Record<string, unknown>;
  for (const key in after) {
    if (key === "conditions" || key === "addresses" || deepEqual(before[key], after[key])) continue;
    changes[key] = after[key];
  }
  if (!deepEqual(have?.addresses, wanted.addresses))
    changes.addresses = [{ $patch: "replace" }, ...(wanted.addresses ?? [])];
  const conditions = (wanted.conditions ?? []).filter((c) => {
    const old = have?.conditions?.find((o) => o.type === c.type);
    return !old || !deepEqual(withoutHeartbeat(old), withoutHeartbeat(c));
  });
  if (conditions.length > 0 || due || Object.keys(changes).length > 0) {
    changes["$setElementOrder/conditions"] = (wanted.conditions ?? []).map((c) => ({ type: c.type }));
    changes.conditions = wanted.conditions;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}
