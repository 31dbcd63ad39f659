// SPDX-License-Identifier: Apache-2.0

export type { ClusterEventKind, HintingEvent } from "./cluster-event.ts";
export {
  CycleState,
  defaultNormalize,
  MAX_NODE_SCORE,
  type EventRegistration,
  type PermitResult,
  type Plugin,
  type PluginStatus,
  type PostFilterResult,
  type PreFilterResult,
  type QueueingHint,
  unresolvable,
  unschedulable,
} from "./framework.ts";
export type { NodeTable } from "./node-table.ts";
export type { PodInfo } from "./pod-info.ts";
export { DEFAULT_FIT, nodeResourcesFit, type FitOptions } from "./plugins/node-resources-fit.ts";
export type { EnabledPlugin } from "./profile.ts";
export { runScheduler, type RunSchedulerOptions } from "./run-scheduler.ts";
export { Scheduler, type ProfileOptions, type SchedulerOptions } from "./scheduler.ts";
export type { ScheduledCondition, SchedulerEffects } from "./scheduler-effects.ts";
