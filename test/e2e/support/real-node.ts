// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from "node:child_process";
import { TestCluster } from "./test-cluster.ts";
import { writeTestImages } from "./test-images.ts";

/** Starts a cluster with a real node that has the test images. */
export async function startRealNode(purpose: string): Promise<TestCluster> {
  const cluster = new TestCluster(purpose);
  try {
    cluster.up();
    await loadTestImages(cluster);
    return cluster;
  } catch (error) {
    cluster[Symbol.dispose]();
    throw error;
  }
}

/** Gives the test images to the cluster's node. */
export async function loadTestImages(cluster: TestCluster): Promise<void> {
  const images = await writeTestImages();
  try {
    for (const archive of images.archives) {
      const { code, stderr } = cluster.knarr("image", "load", archive);
      if (code !== 0) throw new Error(`image load failed (${code}): ${stderr}`);
    }
  } finally {
    images.remove();
  }
}

/** What an address answers to a container; undefined when it does not within three seconds. */
export function wget(cluster: TestCluster, pod: string, url: string): string | undefined {
  // Debian's wget crashes at a time limit of its own.
  const command = ["busybox", "timeout", "3", "wget", "-qO-", url];
  const { code, stdout } = cluster.tryKubectl(["exec", pod, "--", ...command]);
  return code === 0 ? stdout.trim() : undefined;
}

/** What an address answers to this machine; undefined when it does not within two seconds. */
export function curl(url: string): string | undefined {
  const { status, stdout } = spawnSync("curl", ["-sS", "--fail", "--max-time", "2", url], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
