// SPDX-License-Identifier: Apache-2.0

/** The families that addresses come in; one is filled today. */
export type IpFamily = "ipv4" | "ipv6";
export type Protocol = "tcp" | "udp" | "sctp";

/** Where connections of a Service end. */
export interface Backend {
  readonly address: string;
  readonly port: number;
  /** On this node and in the pod network: it may call itself through the Service. */
  readonly isLocalPod: boolean;
}

/** Backends that share connections evenly. */
export interface BackendGroup {
  /** Unique among the groups of its owner. */
  readonly name: string;
  readonly backends: readonly Backend[];
  /** A client returns to its backend for so long after its last connection. */
  readonly affinitySeconds?: number;
}

/** What becomes of a new connection. */
export type Target =
  | { readonly type: "group"; readonly group: string }
  /** Answered with an ICMP error. */
  | { readonly type: "reject" }
  | { readonly type: "drop" };

/** An address, or all of the node's, and a port that clients connect to. */
export interface Frontend {
  readonly kind: "cluster" | "external" | "node";
  /** Absent for kind "node". */
  readonly address?: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly target: Target;
  /** For clients outside this node and its pods, where that differs; they keep their source address. */
  readonly outsideTarget?: Target;
  /** Only these ranges may connect; everybody when absent. */
  readonly sourceRanges?: readonly string[];
}

/** A port of the node that leads to one of its pods. */
export interface HostPort {
  /** Absent: every address of the node. */
  readonly address?: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly backend: Backend;
}

/**
 * What one owner (a Service, or a pod with host ports) wants from the kernel. This is all that a renderer gets, be it
 * for nftables or for something else.
 */
export interface ServiceRules {
  readonly groups: readonly BackendGroup[];
  readonly frontends: readonly Frontend[];
  readonly hostPorts: readonly HostPort[];
}

/** An owner that wants nothing. */
export const NO_RULES: ServiceRules = { groups: [], frontends: [], hostPorts: [] };
