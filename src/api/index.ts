// SPDX-License-Identifier: Apache-2.0

export type { Column, ColumnContext, ConvertObject, GracefulDeletion, Kind, StrategyContext } from "./kind.ts";
