// SPDX-License-Identifier: Apache-2.0

import type { Plugin, QueueSortKey } from "../framework.ts";

/** Higher priority first, then whoever waited longer. */
export const prioritySort = (): Plugin => ({
  name: "PrioritySort",
  less: (a: QueueSortKey, b: QueueSortKey): boolean =>
    a.pod.priority > b.pod.priority || (a.pod.priority === b.pod.priority && a.timestampMs < b.timestampMs),
});
