// SPDX-License-Identifier: Apache-2.0

import type { Node } from "../../api/index.ts";
import type { Cached } from "../../client/index.ts";

const PAIRS = [
  ["kubernetes.io/os", "beta.kubernetes.io/os"],
  ["kubernetes.io/arch", "beta.kubernetes.io/arch"],
] as const;

/** The old names of labels that still have to be said: undefined when they are. */
export function betaLabels(node: Cached<Node>): Record<string, string> | undefined {
  const labels = node.metadata.labels ?? {};
  const missing: Record<string, string> = {};
  for (const [name, oldName] of PAIRS) {
    const value = labels[name];
    if (value !== undefined && labels[oldName] !== value) missing[oldName] = value;
  }
  return Object.keys(missing).length > 0 ? missing : undefined;
}
