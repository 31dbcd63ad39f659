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
  extractApplied,
  managedFieldsFault,
  ManagedFieldsUpdater,
  ScaleManagedFields,
  type ApplyOptions,
  type ManagedFieldsScope,
  type ObjectVersions,
  type ReplicasPaths,
  type UpdateOptions,
} from "./managed-fields/index.ts";
export {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  ConversionError,
  convertUnstructured,
  MAX_JSON_PATCH_OPERATIONS,
  plainServerError,
  strategicPatchText,
} from "./patch/index.ts";
export {
  copyEmpties,
  dropField,
  forgetEmpties,
  identicalField,
  sentEmpty,
  withChanges,
  withEmpties,
} from "./empty-collections.ts";
export { FieldSelector, parseFieldSelector, type FieldRequirement } from "./field-selector.ts";
export {
  byteLength,
  cIdentifierErrors,
  configMapKeyErrors,
  DNS1123_LABEL_MAX_LENGTH,
  DNS1123_SUBDOMAIN_MAX_LENGTH,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  EMPTY_MESSAGE,
  httpHeaderNameErrors,
  idErrors,
  inclusiveRangeMessage,
  labelValueErrors,
  maxLengthMessage,
  nameIsDns1035Label,
  nameIsDnsLabel,
  nameIsDnsSubdomain,
  nameIsLongName,
  nameIsPathSegment,
  percentErrors,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
  regexMessage,
  relaxedEnvVarNameErrors,
  underscoreDns1123SubdomainErrors,
  wildcardDns1123SubdomainErrors,
  type LengthUnit,
  type NameCheck,
} from "./names.ts";
export {
  FIELD_IMMUTABLE,
  validateAnnotations,
  validateCondition,
  validateConditions,
  validateFieldManager,
  validateFinalizers,
  validateImmutableField,
  validateLabelName,
  validateLabels,
  validateManagedFields,
  validateObjectMeta,
  validateObjectMetaUpdate,
  validateOwnerReferences,
  type ConditionFields,
  type ObjectMetaRules,
} from "./object-meta-validation.ts";
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliQuantityOf,
  parseQuantity,
  QuantityError,
  quantityMilliValue,
  quantityOf,
  quantitySign,
  quantityValue,
  subtractQuantities,
  type Quantity,
  type QuantityFormat,
} from "./quantity.ts";
export {
  formatLabelSelector,
  LabelSelector,
  labelRequirement,
  labelSelectorOf,
  labelSelectorOfSet,
  parseLabelSelector,
  SelectorError,
  validateLabelRequirement,
  validateLabelSelector,
  type LabelOperator,
  type LabelRequirement,
  type LabelSelectorExpression,
  type LabelSelectorFields,
  type LabelSelectorRules,
} from "./selectors.ts";
export {
  canonicalMicroTime,
  canonicalTime,
  formatMicroTime,
  formatTime,
  humanDuration,
  parseTime,
  readMicroTime,
  readTime,
  TimeError,
  translateTimestampSince,
} from "./time.ts";
export { sameJson, semanticEqual } from "./json-equality.ts";
export {
  copyJson,
  equalJson,
  isJsonObject,
  jsonField,
  setJsonField,
  type JsonObject,
} from "./json-value.ts";
export {
  isInFormat,
  isKnownFormat,
  itemSchema,
  pruneJson,
  validateJsonValue,
  type JsonSchema,
} from "./json-schema/index.ts";
export { JsonSyntaxError } from "./json-parser.ts";
export {
  DecodeError,
  encodeJson,
  jsonText,
  objectCodec,
  ObjectCodec,
  type Decoded,
  type DecodeOptions,
} from "./object-codec.ts";
export { base64ToBytes, bytesToBase64 } from "./base64.ts";
export { decodeProtobufMessage, encodeProtobufMessage } from "./protobuf-codec.ts";
export {
  decodeProtobuf,
  decodeProtobufEnvelope,
  decodeProtobufWatchEvent,
  encodeProtobuf,
  encodeProtobufEnvelope,
  encodeProtobufWatchEvent,
  isProtobuf,
  type ProtobufEnvelope,
} from "./protobuf-envelope.ts";
export { ProtobufError } from "./protobuf-reader.ts";
export { ProtobufWriter, WIRE_FIXED64, WIRE_VARINT } from "./protobuf-writer.ts";
export { duplicateKeys, numberOutOfRange, parseJson } from "./parse-json.ts";
export { parseYaml, YamlError, type YamlDocument } from "./yaml-reader.ts";
export { formatYaml } from "./yaml-writer.ts";
export { goJsonKind } from "./go-json-kind.ts";
export { goJson, goQuote, goQuotedList, inFieldOrder } from "./go-quote.ts";
