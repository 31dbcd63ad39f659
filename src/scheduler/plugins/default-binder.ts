// SPDX-License-Identifier: Apache-2.0

import type { CycleState, Plugin, PluginStatus } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";

/** Writes the binding; rejects with the API's error when somebody was faster. */
export type Bind = (pod: PodInfo, nodeName: string, options: { signal: AbortSignal }) => Promise<void>;

/** Binds through the binding subresource, which compares and swaps. */
export const defaultBinder = (bind: Bind): Plugin => ({
  name: "DefaultBinder",
  async bind(
    _state: CycleState,
    pod: PodInfo,
    nodeName: string,
    options: { signal: AbortSignal },
  ): Promise<PluginStatus | undefined> {
    await bind(pod, nodeName, options);
    return undefined;
  },
});
