// SPDX-License-Identifier: Apache-2.0

export {
  compactSchemaRegistry,
  fullTypeName,
  parseField,
  type CompactField,
  type CompactSchema,
  type CompactType,
} from "./compact-schema.ts";
export * as fieldError from "./field-error.ts";
export { invalidObject, type FieldError, type FieldErrorType } from "./field-error.ts";
export type {
  DeepReadonly,
  FieldsV1,
  KubeList,
  KubeObject,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from "./object.ts";
export {
  resolveShape,
  type FieldSchema,
  type ListShape,
  type MapShape,
  type ObjectShape,
  type RefShape,
  type ScalarKind,
  type ScalarShape,
  type SchemaRegistry,
  type Shape,
} from "./schema.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  groupResourceText,
  hasReason,
  internalError,
  isAlreadyExists,
  isConflict,
  isExpired,
  isNotFound,
  methodNotSupported,
  notFound,
  OPTIMISTIC_LOCK_MESSAGE,
  resourceExpired,
  StatusError,
  unauthorized,
  type GroupResource,
  type Status,
  type StatusCause,
  type StatusDetails,
} from "./status-error.ts";
export {
  ManagedFieldsUpdater,
  type ApplyOptions,
  type ManagedFieldsScope,
  type ObjectVersions,
  type UpdateOptions,
} from "./managed-fields/index.ts";
export {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  MAX_JSON_PATCH_OPERATIONS,
} from "./patch/index.ts";
export { formatMicroTime, formatTime, parseTime } from "./time.ts";
