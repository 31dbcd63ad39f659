// SPDX-License-Identifier: Apache-2.0

import type { Taint } from "../types.ts";

/** How a node presents itself. */
export interface NodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly providerId?: string;
  readonly podCidrs?: readonly string[];
  readonly podsMax: number;
  /** Where its HTTPS API listens. */
  readonly port: number;
  /** `v1.35.4+knarr` */
  readonly kubeletVersion: string;
  /** Amounts that are not the host's own: extended resources, or a smaller node. */
  readonly capacity?: Readonly<Record<string, string>>;
  readonly leaseSeconds: number;
  /** How often the status is looked at. */
  readonly statusCheckMs: number;
  /** How often an unchanged status is written. */
  readonly statusReportMs: number;
}

export const DEFAULT_NODE_OPTIONS: NodeOptions = {
  podsMax: 110,
  port: 10_250,
  kubeletVersion: "v1.35.4+knarr",
  leaseSeconds: 40,
  statusCheckMs: 10_000,
  statusReportMs: 300_000,
};
