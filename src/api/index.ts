// SPDX-License-Identifier: Apache-2.0

export { CronSyntaxError, isTimeZone, parseCronSchedule, type CronSchedule } from "./batch/cron-schedule.ts";
export { defineKind, type ColumnOf, type KindOf } from "./define-kind.ts";
export type {
  Column,
  ColumnContext,
  ConvertObject,
  GracefulDeletion,
  Kind,
  RowCondition,
  StrategyContext,
  SubresourceStrategy,
  UpdateCheck,
} from "./kind.ts";
export { clusterIpErrors } from "./core/service-cluster-ips.ts";
export { builtInKinds } from "./kinds.ts";
export {
  compactSchema,
  DEFAULT_KUBERNETES_VERSION,
  kubernetesVersions,
  schemaRegistry,
} from "./schema.ts";
export type * from "./generated/v1.35/index.ts";
export { ageColumn, defaultColumns, nameColumn } from "./shared/columns.ts";
export { isSystemPriorityClass } from "./scheduling/priority-class-validation.ts";
export { isDefaultStorageClass } from "./shared/storage-text.ts";
export { createErrors, updateErrors } from "./write-checks.ts";
