// SPDX-License-Identifier: Apache-2.0

import { ClusterFolder, type KubeconfigRecord } from "./cluster-folder.ts";

/**
 * A cluster that came while this one was current makes this one current again when it goes. Now this one goes first:
 * the other is to make current what was so before both.
 */
export function passContextOn(context: string, gone: KubeconfigRecord): void {
  for (const name of ClusterFolder.names()) {
    const folder = new ClusterFolder(name);
    const record = folder.record();
    if (record?.kubeconfig?.path !== gone.path || record.kubeconfig.previousContext !== context) continue;
    const { previousContext: _gone, ...rest } = record.kubeconfig;
    const { previousContext } = gone;
    folder.saveRecord({ ...record, kubeconfig: { ...rest, ...(previousContext ? { previousContext } : {}) } });
  }
}
