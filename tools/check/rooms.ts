// SPDX-License-Identifier: Apache-2.0

/** The rooms, lowest first: a room imports only from rooms before it. */
export const ROOMS = [
  "base",
  "apimachinery",
  "api",
  "store",
  "client",
  "rules",
  "apiserver",
  "controllers",
  "scheduler",
  "kubelet",
  "network",
  "dns",
  "ingress",
  "autoscaler",
  "cloud",
  "platform",
  "simulation",
  "cluster",
  "cli",
  "dashboard",
] as const;

/** Parts meet only through the API: none imports another. */
export const PARTS: ReadonlySet<string> = new Set([
  "apiserver",
  "controllers",
  "scheduler",
  "kubelet",
  "network",
  "dns",
  "ingress",
  "autoscaler",
  "cloud",
]);

/** Who may touch a store. */
export const STORE_USERS: ReadonlySet<string> = new Set(["apiserver", "platform", "simulation", "cluster"]);

/** Where node:* and third-party I/O may be imported. */
export const RIM: ReadonlySet<string> = new Set(["platform", "cli", "dashboard"]);

/** Third-party packages without I/O, and the rooms that may use them. */
export const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "js-yaml": ["apimachinery"],
  "dns-packet": ["dns", "platform"],
  re2js: ["apimachinery", "apiserver"],
};

/** Where the machine's time, timers and randomness may be used. */
export const TIME_ROOMS: ReadonlySet<string> = new Set(["platform"]);
