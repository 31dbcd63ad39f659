// SPDX-License-Identifier: Apache-2.0

import type { KubeletContext } from "../kubelet-context.ts";
import { podText, type PodRecord } from "../pods/pod-record.ts";
import type { RuntimeStreams, UpgradeRequest } from "../ports.ts";
import { findContainer } from "../runtime/pod-runtime.ts";
import {
  COMMAND_PROTOCOLS,
  greet,
  SPDY_COMMAND_PROTOCOLS,
  spdyCommand,
  webSocketCommand,
  type CommandClient,
  type WantedStreams,
} from "./command-channels.ts";
import { NodeError } from "./node-error.ts";
import {
  forwardOverChannels,
  forwardOverSpdy,
  PORT_FORWARD_CHANNEL_PROTOCOLS,
  PORT_FORWARD_PROTOCOL,
  TUNNEL_PROTOCOL,
} from "./port-forwarding.ts";

export interface StreamTarget {
  readonly record: PodRecord;
  readonly container: string;
  readonly query: URLSearchParams;
}

const isSet = (query: URLSearchParams, name: string): boolean => ["1", "true"].includes(query.get(name) ?? "");

const listOf = (header: string | undefined): string[] =>
  (header ?? "")
    .split(",")
    .map((p) => p.trim())
    .filter(Boolean);

const isWebSocket = ({ request }: UpgradeRequest): boolean =>
  (request.headers["upgrade"] ?? "").toLowerCase() === "websocket";

/** The first of ours that the client speaks. A client that names none speaks the oldest. */
function choose(offered: readonly string[], ours: readonly string[]): string {
  if (offered.length === 0) return "";
  const chosen = ours.find((protocol) => offered.includes(protocol));
  if (chosen === undefined)
    throw new NodeError(
      403,
      `unable to negotiate protocol: client supports [${offered.join(" ")}], server supports [${ours.join(" ")}]`,
    );
  return chosen;
}

function wantedStreams(query: URLSearchParams): WantedStreams {
  const tty = isSet(query, "tty");
  const wanted = {
    stdin: isSet(query, "input"),
    stdout: isSet(query, "output"),
    stderr: isSet(query, "error") && !tty,
    tty,
  };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
    throw new NodeError(400, "you must specify at least 1 of stdin, stdout, stderr");
  return wanted;
}

/** Serves exec, attach and port-forward to whatever client asks. */
export class StreamUpgrades {
  readonly #context: KubeletContext;
  readonly #streams: RuntimeStreams;

  constructor(context: KubeletContext, streams: RuntimeStreams) {
    this.#context = context;
    this.#streams = streams;
  }

  /** Runs a command in a container, or attaches to its own process. */
  async command(upgrade: UpgradeRequest, target: StreamTarget, verb: "exec" | "attach"): Promise<void> {
    const wanted = wantedStreams(target.query);
    const command = target.query.getAll("command");
    const found = findContainer(target.record.runtime, target.container);
    if (found?.state !== "CONTAINER_RUNNING") throw new NodeError(500, `container not found ("${target.container}")`);
    if (verb === "exec" && command.length === 0) throw new NodeError(400, "you must specify a command");
    const { signal } = upgrade.request;
    const client = await this.#commandClient(upgrade, wanted);
    const request = { containerId: found.id, tty: wanted.tty };
    try {
      const outcome =
        verb === "exec"
          ? await this.#streams.exec({ ...request, command }, client.streams, { signal })
          : await this.#streams.attach(request, client.streams, { signal });
      await client.finish(outcome, command);
    } catch (error) {
      if (signal.aborted) return;
      const message = `error ${verb === "exec" ? "executing command in" : "attaching to"} container: ${messageOf(error)}`;
      await client.finish({ type: "failed", message }, command).catch(() => undefined);
    }
  }

  async portForward(upgrade: UpgradeRequest, record: PodRecord, query: URLSearchParams): Promise<void> {
    const sandbox = record.runtime.sandboxes.find((s) => s.ready);
    if (!sandbox) throw new NodeError(500, `pod not found ("${podText(record.pod)}")`);
    const { request } = upgrade;
    const forwarder = {
      streams: this.#streams,
      podSandboxId: sandbox.id,
      podText: `${record.pod.metadata?.name}, uid ${record.uid}`,
      log: this.#context.log,
      signal: request.signal,
    };
    if (!isWebSocket(upgrade)) {
      const protocol = choose(listOf(request.headers["x-stream-protocol-version"]), [PORT_FORWARD_PROTOCOL]);
      const headers: Record<string, string> = protocol ? { "X-Stream-Protocol-Version": protocol } : {};
      return forwardOverSpdy(await upgrade.acceptSpdy(headers), forwarder);
    }
    const offered = listOf(request.headers["sec-websocket-protocol"]);
    if (offered.includes(TUNNEL_PROTOCOL))
      return forwardOverSpdy(await upgrade.acceptSpdyOverWebSocket(TUNNEL_PROTOCOL), forwarder);
    const protocol = choose(offered, PORT_FORWARD_CHANNEL_PROTOCOLS);
    const ports = query.getAll("port").flatMap((p) => p.split(",").map(Number));
    if (ports.length === 0) throw new NodeError(400, 'query parameter "port" is required');
    return forwardOverChannels(await upgrade.acceptWebSocket(protocol), ports, forwarder);
  }

  async #commandClient(upgrade: UpgradeRequest, wanted: WantedStreams): Promise<CommandClient> {
    const { headers, signal } = upgrade.request;
    if (isWebSocket(upgrade)) {
      const protocol = choose(listOf(headers["sec-websocket-protocol"]), COMMAND_PROTOCOLS);
      const connection = await upgrade.acceptWebSocket(protocol);
      await greet(connection, wanted);
      return webSocketCommand(connection, wanted, signal);
    }
    const protocol = choose(listOf(headers["x-stream-protocol-version"]), SPDY_COMMAND_PROTOCOLS);
    const connection = await upgrade.acceptSpdy(protocol ? { "X-Stream-Protocol-Version": protocol } : {});
    return spdyCommand(connection, wanted, protocol || "channel.k8s.io");
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
