// SPDX-License-Identifier: Apache-2.0

/** The kernel's packet rules, as text for nft. */
export interface NftPort {
  /** Applies a ruleset as one transaction: all of it or nothing, in which case it rejects. */
  apply(ruleset: string, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Flows that the kernel would keep sending to where they went before; only UDP has them. */
export interface StaleFlow {
  readonly protocol: "udp";
  /** Where the client sends; absent for a node port, which is on any address of the node. */
  readonly address?: string;
  readonly port: number;
  /** The backend that is gone; absent when the flow was not translated at all. */
  readonly backend?: string;
}

/** The kernel's table of connections. */
export interface ConntrackPort {
  /** Forgets flows, so that their next packet meets the present rules. */
  forget(flows: readonly StaleFlow[], options: { readonly signal: AbortSignal }): Promise<void>;
}
