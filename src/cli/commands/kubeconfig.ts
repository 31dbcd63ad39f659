// SPDX-License-Identifier: Apache-2.0

import { formatYaml } from "../../apimachinery/index.ts";
import { emptyKubeconfig, withEntry } from "../../cluster/index.ts";
import { adminEntry } from "../admin-entry.ts";
import { ClusterFolder } from "../cluster-folder.ts";
import { EXIT, Failure } from "../failure.ts";

export function kubeconfig(options: { name: string }): void {
  const folder = new ClusterFolder(options.name);
  const record = folder.record();
  if (!record) {
    throw new Failure(`There is no cluster "${options.name}"; 'knarr up -d --name ${options.name}' makes one.`, {
      exitCode: EXIT.notRunning,
    });
  }
  process.stdout.write(formatYaml(withEntry(emptyKubeconfig(), adminEntry(folder, record))));
}
