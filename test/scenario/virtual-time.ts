// SPDX-License-Identifier: Apache-2.0

import { Cluster, type ClusterOptions, VirtualClock } from "../../src/index.ts";

/** A cluster under the virtual clock, and the clock as what it is. */
export async function virtualCluster(
  options: ClusterOptions = {},
): Promise<{ cluster: Cluster; clock: VirtualClock } & AsyncDisposable> {
  const cluster = await Cluster.start({ ...options, clock: "virtual" });
  if (!(cluster.clock instanceof VirtualClock)) throw new Error("The cluster has no virtual clock");
  return { cluster, clock: cluster.clock, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
}

/** A small Deployment. */
export const deployment = (name: string, replicas: number) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "registry.example/c:1" }] },
    },
  },
});
