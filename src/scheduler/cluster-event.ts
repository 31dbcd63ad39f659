// SPDX-License-Identifier: Apache-2.0

import type { DeepReadonly } from "../apimachinery/index.ts";
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
  readonly node?: DeepReadonly<Node>;
  readonly oldNode?: DeepReadonly<Node>;
  readonly pod?: PodInfo;
}
