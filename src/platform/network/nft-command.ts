// SPDX-License-Identifier: Apache-2.0

import type { ConntrackPort, NftPort, StaleFlow } from "../../network/index.ts";
import { CommandError, type Commands } from "../node/commands.ts";

/** The kernel's rules in the network namespace that commands run in. */
export class NftCommand implements NftPort {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async apply(ruleset: string, options: { readonly signal: AbortSignal }): Promise<void> {
    await this.#commands.run(["nft", "-f", "-"], { input: ruleset, signal: options.signal });
  }
}

/** The kernel's connections in the network namespace that commands run in. */
export class ConntrackCommand implements ConntrackPort {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  async forget(flows: readonly StaleFlow[], options: { readonly signal: AbortSignal }): Promise<void> {
    for (const flow of flows) await this.#forget(flow, options.signal);
  }

  async #forget(flow: StaleFlow, signal: AbortSignal): Promise<void> {
    const argv = ["conntrack", "-D", "-p", flow.protocol, "--orig-port-dst", `${flow.port}`];
    if (flow.address !== undefined) argv.push("--orig-dst", flow.address);
    if (flow.backend !== undefined) argv.push("--dst-nat", flow.backend);
    try {
      await this.#commands.run(argv, { signal });
    } catch (error) {
      // It fails when there was nothing to forget.
      if (!(error instanceof CommandError) || error.code !== 1) throw error;
    }
  }
}
