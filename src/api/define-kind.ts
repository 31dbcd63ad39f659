// SPDX-License-Identifier: Apache-2.0

import { copyJson, type FieldError, type KubeObject, objectCodec, type ObjectMeta } from "../apimachinery/index.ts";
import type { Column, ColumnContext, ConvertObject, Kind, RowCondition, StrategyContext, UpdateCheck } from "./kind.ts";
import { schemaRegistry } from "./schema.ts";
import { keepMetadata, OWN_METADATA } from "./shared/kept-metadata.ts";

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
  | "canonicalize"
  | "generation"
  | "status"
  | "subresources"
  | "scale"
  | "graceful"
  | "columns"
  | "rowConditions"
  | "selectableFields";

/** A Kind whose hooks are written against the generated type T. */
export interface KindOf<T extends KubeObject> extends Omit<Kind, Hooks> {
  /** The main resource writes the status too. */
  readonly statusOnMain?: boolean;
  /** A new object keeps the status that it comes with (nodes register themselves with one). */
  readonly statusOnCreate?: boolean;
  /** What a write to /status does to the metadata where upstream does not do what statusResetFields say. */
  readonly statusMetadata?: "kept" | "written";
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
  canonicalize?(object: T): void;
  readonly generation?: boolean | ((object: T, old: T) => boolean);
  readonly status?: {
    prepareForUpdate?(object: T, old: T, context: StrategyContext): void;
    validateUpdate?(object: T, old: T): FieldError[];
    readonly updateChecks?: readonly UpdateCheck[];
    readonly createdByApply?: boolean;
    warnings?(object: T, old: T): string[];
  };
  readonly subresources?: Readonly<
    Record<
      string,
      {
        prepareForUpdate(object: T, old: T, context: StrategyContext): void;
        validateUpdate(object: T, old: T): FieldError[];
        readonly updateChecks?: readonly UpdateCheck[];
        readonly resetFields?: readonly (readonly string[])[];
      }
    >
  >;
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

/** What a status is before anybody has written it, in canonical form; undefined for kinds whose empty status is left out. */
function emptyStatusOf(type: string): () => unknown {
  let known: { readonly status: unknown } | undefined;
  return () => {
    known ??= { status: objectCodec(schemaRegistry(), type).decodeValue({}).object["status"] };
    return copyJson(known.status);
  };
}

function setOrDelete(object: KubeObject, field: string, value: unknown): void {
  if (value === undefined) delete object[field];
  else object[field] = value;
}

/** A kind with a /status subresource: its main resource neither sets nor changes the status. */
function withStatusKept(kind: Kind, statusOnCreate: boolean): Kind {
  if (!kind.status) return kind;
  const prepareForCreate = kind.prepareForCreate?.bind(kind);
  const prepareForUpdate = kind.prepareForUpdate?.bind(kind);
  const emptyStatus = emptyStatusOf(kind.type);
  return {
    ...kind,
    prepareForCreate(object, context) {
      if (!statusOnCreate) setOrDelete(object, "status", emptyStatus());
      prepareForCreate?.(object, context);
    },
    prepareForUpdate(object, old, context) {
      setOrDelete(object, "status", old["status"]);
      prepareForUpdate?.(object, old, context);
    },
  };
}

/** The registry leaves the status alone where a kind prepares its objects itself. */
const withStatusWritten = (kind: Kind): Kind => ({
  prepareForCreate: () => undefined,
  prepareForUpdate: () => undefined,
  ...kind,
});

function metadataPaths(kind: Kind, resets: KindOf<KubeObject>["statusMetadata"]): readonly (readonly string[])[] {
  if (resets === "written") return [];
  if (resets === "kept") return [["metadata"]];
  return (kind.statusResetFields ?? []).filter((path) => path[0] === "metadata");
}

/** What a write to /status resets of the metadata, it leaves as it was. */
function withMetadataKept(kind: Kind, resets: KindOf<KubeObject>["statusMetadata"]): Kind {
  const { status } = kind;
  const paths = metadataPaths(kind, resets);
  if (!status || paths.length === 0) return kind;
  const fields = paths.flatMap((path) => (path.length === 1 ? OWN_METADATA : (path.slice(1) as (keyof ObjectMeta)[])));
  const prepareForUpdate = status.prepareForUpdate?.bind(status);
  return {
    ...kind,
    status: {
      ...status,
      prepareForUpdate(object, old, context) {
        keepMetadata(object, old, fields);
        prepareForUpdate?.(object, old, context);
      },
    },
  };
}

/** The one place where typed hooks become hooks over any object: decoding has already proved the type. */
export function defineKind<T extends KubeObject>(kind: KindOf<T>): Kind {
  const { statusOnCreate, statusOnMain, statusMetadata, ...rest } = kind;
  const untyped = rest as unknown as Kind;
  return withMetadataKept(
    statusOnMain ? withStatusWritten(untyped) : withStatusKept(untyped, statusOnCreate ?? false),
    statusMetadata,
  );
}
