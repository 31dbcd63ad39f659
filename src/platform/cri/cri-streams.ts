// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, CommandOutcome, CommandStreams, DuplexStream, RuntimeStreams } from "../../kubelet/index.ts";
import { openPortForward, runCommandStreams } from "../streaming/remote-command.ts";
import type { CriClient } from "./cri-client.ts";

/** The streaming calls of CRI: the runtime gives a URL, behind which it speaks SPDY. */
export class CriStreams implements RuntimeStreams {
  readonly #client: Pick<CriClient, "streamUrl">;

  constructor(client: Pick<CriClient, "streamUrl">) {
    this.#client = client;
  }

  async exec(
    request: { readonly containerId: string; readonly command: readonly string[]; readonly tty: boolean },
    streams: CommandStreams,
    options: CallOptions,
  ): Promise<CommandOutcome> {
    const { containerId, command, tty } = request;
    const url = await this.#client.streamUrl("Exec", { containerId, cmd: command, ...asked(streams, tty) }, options);
    return runCommandStreams(url, streams, { tty, signal: options.signal });
  }

  async attach(
    request: { readonly containerId: string; readonly tty: boolean },
    streams: CommandStreams,
    options: CallOptions,
  ): Promise<CommandOutcome> {
    const { containerId, tty } = request;
    const url = await this.#client.streamUrl("Attach", { containerId, ...asked(streams, tty) }, options);
    return runCommandStreams(url, streams, { tty, signal: options.signal });
  }

  async portForward(
    request: { readonly podSandboxId: string; readonly port: number },
    options: CallOptions,
  ): Promise<DuplexStream> {
    const { podSandboxId, port } = request;
    const url = await this.#client.streamUrl("PortForward", { podSandboxId, port: [port] }, options);
    return openPortForward(url, port, options.signal);
  }
}

/** With a terminal there is no stderr of its own. */
function asked(streams: CommandStreams, tty: boolean) {
  return {
    tty,
    stdin: streams.stdin !== undefined,
    stdout: streams.stdout !== undefined,
    stderr: streams.stderr !== undefined && !tty,
  };
}
