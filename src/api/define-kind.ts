// SPDX-License-Identifier: Apache-2.0

import type { FieldError, KubeObject } from "../apimachinery/index.ts";
import type { Column, ColumnContext, ConvertObject, Kind, RowCondition, StrategyContext } from "./kind.ts";

/** A Column whose cell reads a typed object. */
export type ColumnOf<T extends KubeObject> = Omit<Column, "cell"> & {
  cell(object: T, context: ColumnContext): string | number | boolean | null | undefined;
};

type Hooks =
  | "storage"
  | "defaults"
  | "prepareForCreate"
  | "prepareForUpdate"
  | "validate"
  | "validateUpdate"
  | "warnings"
  | "generation"
  | "status"
  | "scale"
  | "graceful"
  | "columns"
  | "rowConditions"
  | "selectableFields";

/** A Kind whose hooks are written against the generated type T. */
export interface KindOf<T extends KubeObject> extends Omit<Kind, Hooks> {
  readonly storage?: {
    readonly resource: string;
    readonly toStorage: ConvertObject;
    readonly fromStorage: ConvertObject;
  };
  defaults?(object: T): void;
  prepareForCreate?(object: T, context: StrategyContext): void;
  prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
  validate?(object: T): FieldError[];
  validateUpdate?(object: T, old: T): FieldError[];
  warnings?(object: T, old: T | undefined): string[];
  readonly generation?: boolean | ((object: T, old: T) => boolean);
  readonly status?: {
    prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
    validateUpdate?(object: T, old: T): FieldError[];
  };
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    selectorText(object: T): string;
  };
  readonly graceful?: { graceSeconds(object: T, requestedSeconds: number | undefined): number };
  readonly columns?: readonly ColumnOf<T>[];
  rowConditions?(object: T): readonly RowCondition[] | undefined;
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
}

/** The one place where typed hooks become hooks over any object: decoding has already proved the type. */
export function defineKind<T extends KubeObject>(kind: KindOf<T>): Kind {
  return kind as unknown as Kind;
}
