// SPDX-License-Identifier: Apache-2.0

import { spawn } from "node:child_process";
import { once } from "node:events";

const LOCK_TIMEOUT_SECONDS = 60;

/**
 * Runs an action while no other process of this machine does so under the same folder. The lock is held by a child
 * whose input ends with this process, however that ends; so there are no stale locks.
 */
export async function withFolderLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", ["--wait", `${LOCK_TIMEOUT_SECONDS}`, folder, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = once(holder, "close");
  try {
    await Promise.race([
      once(holder.stdout, "data"),
      ended.then(() => {
        throw new Error(`Another command holds the lock of ${folder}; try again when it has ended`);
      }),
    ]);
    return await action();
  } finally {
    holder.stdin.end();
    await ended.catch(() => undefined);
  }
}
