// SPDX-License-Identifier: Apache-2.0

export type { Column, ColumnContext, ConvertObject, GracefulDeletion, Kind, StrategyContext } from "./kind.ts";
export {
  compactSchema,
  DEFAULT_KUBERNETES_VERSION,
  kubernetesVersions,
  schemaRegistry,
} from "./schema.ts";
export type * from "./generated/v1.35/index.ts";
