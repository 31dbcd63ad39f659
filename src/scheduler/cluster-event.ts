// SPDX-License-Identifier: Apache-2.0

import type { Cached } from "../client/index.ts";
import type { Node } from "../api/index.ts";
import type { PodInfo } from "./pod-info.ts";

/** What happened, coarsely: the index of the queueing hints. */
export type ClusterEventKind =
  | "NodeAdd"
  | "NodeUpdateAllocatable"
  | "NodeUpdateLabel"
  | "NodeUpdateTaint"
  | "NodeUpdateCondition"
  | "AssignedPodAdd"
  | "AssignedPodUpdate"
  | "AssignedPodDelete"
  | "UnscheduledPodUpdate"
  | "PvcChange"
  | "ForceActivate"
  | "UnschedulableTimeout";

/** An event with what hints may look at. */
export interface HintingEvent {
  readonly kind: ClusterEventKind;
  readonly node?: Cached<Node>;
  readonly oldNode?: Cached<Node>;
  readonly pod?: PodInfo;
}
