// SPDX-License-Identifier: Apache-2.0

import type { Clock, Logger, Timer } from "../base/index.ts";
import type { BackendTransport } from "../apiserver/index.ts";
import type { Client } from "../client/index.ts";
import {
  type ClusterLayout,
  type ClusterRanges,
  containerdSocket,
  ensureNode,
  ensurePauseImage,
  filesIn,
  importImages,
  type FabricNode,
  join,
  machineCommands,
  type Pki,
  renewalTimeMs,
  writePrivateFile,
} from "../platform/index.ts";
import { type AgentConfig, CLUSTER_DOMAIN, KUBELET_PORT } from "./agent-config.ts";
import { ensureDnsEndpoint } from "./cluster-dns-objects.ts";
import { DNS, PROXY } from "./identity.ts";

/** A command of a node's agent. */
export interface AgentCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface RealNodeOptions {
  readonly layout: ClusterLayout;
  readonly ranges: ClusterRanges;
  readonly node: FabricNode;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly log: Logger;
  /** As an administrator, once there is an API server: a node starts at the same time. */
  readonly client: Promise<Client>;
  /** Where the node's agent finds the API server. */
  readonly server: string;
  readonly clusterDns: string;
  /** Archives of images that a new node gets again. */
  readonly imageFolder: string;
  agentCommand(configPath: string): AgentCommand;
}

/** Names what an agent was told in its environment: an agent that was told something else is started again. */
const TOLD = "KNARR_AGENT_TOLD";

/** A real node of this machine: started or adopted, and given new certificates before the old ones end. */
export class RealNode {
  readonly name: string;
  readonly #options: RealNodeOptions;
  readonly #stopped = new AbortController();
  #renewal: Timer | undefined;

  constructor(options: RealNodeOptions) {
    this.#options = options;
    this.name = `node-${options.node.index}`;
  }

  /** Resolves when the node runs with this agent; a node that runs already is adopted. */
  async start({ signal }: { signal: AbortSignal }): Promise<void> {
    await this.#ensure(signal);
    const { client, node } = this.#options;
    await ensureDnsEndpoint(await client, { name: this.name, address: node.address }, { signal });
  }

  /** Whether the node's kubelet answers now. */
  async answers(kubelets: BackendTransport, { signal }: { signal: AbortSignal }): Promise<boolean> {
    const { node } = this.#options;
    const kubelet = { type: "kubelet", nodeName: this.name, host: node.address, port: KUBELET_PORT } as const;
    try {
      const { status } = await kubelets.request(kubelet, { method: "GET", path: "/healthz", headers: {}, signal });
      return status === 200;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }

  /** A node that was made anew has lost its images; those that were loaded by hand come from nowhere else. */
  async #reloadImages(target: Parameters<typeof ensurePauseImage>[0]): Promise<void> {
    const { imageFolder, log } = this.#options;
    for (const archive of await filesIn(imageFolder)) {
      try {
        await importImages(archive, target);
      } catch (error) {
        log.error("A loaded image could not be loaded again", { archive, error });
      }
    }
  }

  /** Ends what happens here; the node runs on. */
  stop(): void {
    this.#renewal?.cancel();
    this.#stopped.abort(new Error("The cluster stops"));
  }

  async #ensure(signal: AbortSignal, renewal = ""): Promise<void> {
    const { layout, node, agentCommand } = this.#options;
    const configPath = join(layout.nodeFolder(node.index), "agent.json");
    const config = this.#agentConfig();
    await writePrivateFile(configPath, JSON.stringify(config));
    const { argv, env } = agentCommand(configPath);
    // A running agent has good certificates: new ones are no reason to start it again, until they are due.
    const told = [config.server, config.address, config.podRange, config.serviceRange, config.clusterDns, renewal].join(
      " ",
    );
    const running = await ensureNode({
      layout,
      node,
      hostname: this.name,
      agent: { argv, env: { ...env, [TOLD]: told } },
      signal,
    });
    const images = { containerdSocket: running.containerdSocket, commands: machineCommands, signal };
    await ensurePauseImage(images);
    if (running.started) await this.#reloadImages(images);
    this.#renewLater(config.client.certificate);
  }

  /** An agent reads its certificates when it starts, so it starts again with new ones; its pods run on. */
  #renewLater(certificate: string): void {
    const { clock, log } = this.#options;
    this.#renewal = clock.setTimer(Math.max(0, renewalTimeMs(certificate) - clock.nowMs()), () => {
      this.#ensure(this.#stopped.signal, `${clock.nowMs()}`).catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) log.error("Node did not get new certificates", { node: this.name, error });
      });
    });
  }

  #agentConfig(): AgentConfig {
    const { layout, ranges, node, pki, clock, server, clusterDns } = this.#options;
    const nowMs = clock.nowMs();
    const certificates = pki.kubeletCertificates({ nodeName: this.name, addresses: [node.address], nowMs });
    return {
      nodeName: this.name,
      server,
      ca: pki.ca.certificate,
      client: certificates.client,
      proxy: pki.clientCertificate({ ...PROXY, nowMs }),
      dns: pki.clientCertificate({ ...DNS, nowMs }),
      serving: certificates.serving,
      address: node.address,
      nodeRange: ranges.nodes,
      podRange: node.podRange,
      podRanges: ranges.pods,
      serviceRange: ranges.services,
      clusterDns,
      clusterDomain: CLUSTER_DOMAIN,
      containerdSocket: containerdSocket(layout.nodeFolder(node.index)),
      folder: layout.nodeFolder(node.index),
      cgroup: layout.nodeCgroup(node.index),
    };
  }
}
