// SPDX-License-Identifier: Apache-2.0

import { type FieldError, fieldForbidden, invalid, notSupported, required, tooLong } from "./field-error.ts";
import { sameJson } from "./json-equality.ts";
import {
  byteLength,
  labelValueErrors,
  type NameCheck,
  nameIsDnsLabel,
  qualifiedNameErrors,
  regexMessage,
} from "./names.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./object.ts";

/** What makes an ObjectMeta valid for a kind. */
export interface ObjectMetaRules {
  readonly namespaced: boolean;
  readonly nameCheck: NameCheck;
}

const TOTAL_ANNOTATION_SIZE_LIMIT_BYTES = 256 * 1024;
const FIELD_MANAGER_MAX_LENGTH = 128;
const SUBRESOURCE_NAME_MAX_LENGTH = 256;
const CONDITION_MESSAGE_MAX_LENGTH = 32 * 1024;
const CONDITION_REASON_MAX_LENGTH = 1024;
const ORPHAN_FINALIZER = "orphan";
const FOREGROUND_FINALIZER = "foregroundDeletion";

/** The word that upstream has for a field that may not change. */
export const FIELD_IMMUTABLE = "field is immutable";

const messagesAt = (path: string, value: unknown, messages: readonly string[]): FieldError[] =>
  messages.map((message) => invalid(path, value, message));

/** A label's key. */
export const validateLabelName = (name: string, path: string): FieldError[] =>
  messagesAt(path, name, qualifiedNameErrors(name));

/** Keys and values of labels. */
export function validateLabels(labels: Record<string, string> | null | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key]!;
    errors.push(
      ...messagesAt(path, key, qualifiedNameErrors(key)),
      ...messagesAt(path, value, labelValueErrors(value)),
    );
  }
  return errors;
}

/** Keys of annotations, and the size of all of them. */
export function validateAnnotations(
  annotations: Record<string, string> | null | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key in annotations) {
    errors.push(...messagesAt(path, key, qualifiedNameErrors(key.toLowerCase())));
    bytes += byteLength(key) + byteLength(annotations[key]!);
  }
  if (bytes > TOTAL_ANNOTATION_SIZE_LIMIT_BYTES) errors.push(tooLong(path, TOTAL_ANNOTATION_SIZE_LIMIT_BYTES));
  return errors;
}

/** Go prints an owner reference field by field, in the order of its struct. */
function ownerText(owner: OwnerReference): Record<string, unknown> {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}

function validateOwnerReference(owner: OwnerReference, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const apiVersion = owner.apiVersion ?? "";
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  if (!version || apiVersion.split("/").length > 2)
    errors.push(invalid(`${path}.apiVersion`, apiVersion, "version must not be empty"));
  if (!owner.kind) errors.push(invalid(`${path}.kind`, owner.kind ?? "", "must not be empty"));
  if (!owner.name) errors.push(invalid(`${path}.name`, owner.name ?? "", "must not be empty"));
  if (!owner.uid) errors.push(invalid(`${path}.uid`, owner.uid ?? "", "must not be empty"));
  if (apiVersion === "v1" && owner.kind === "Event")
    errors.push(invalid(path, ownerText(owner), "/v1, Kind=Event is disallowed from being an owner"));
  return errors;
}

/** Owner references: all fields given, one controller at most. */
export function validateOwnerReferences(
  owners: readonly OwnerReference[] | null | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let controller = "";
  for (const owner of owners ?? []) {
    errors.push(...validateOwnerReference(owner, path));
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller)
      errors.push(
        invalid(
          path,
          owners!.map(ownerText),
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      );
    else controller = name;
  }
  return errors;
}

/** Finalizers: names, and not both of the garbage collector's. */
export function validateFinalizers(finalizers: readonly string[] | null | undefined, path: string): FieldError[] {
  if (!finalizers) return [];
  const errors = finalizers.flatMap((name) => messagesAt(path, name, qualifiedNameErrors(name)));
  if (finalizers.includes(ORPHAN_FINALIZER) && finalizers.includes(FOREGROUND_FINALIZER))
    errors.push(
      invalid(path, finalizers, `finalizer ${ORPHAN_FINALIZER} and ${FOREGROUND_FINALIZER} cannot be both set`),
    );
  return errors;
}

const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

/** The name of a field manager. */
export function validateFieldManager(manager: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (byteLength(manager) > FIELD_MANAGER_MAX_LENGTH) errors.push(tooLong(path, FIELD_MANAGER_MAX_LENGTH));
  if (!UNPRINTABLE.test(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    if (UNPRINTABLE.test(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      errors.push(invalid(path, manager, `invalid character U+${code} (at position ${position})`));
    }
    position += byteLength(character);
  }
  return errors;
}

/** The records of managers that a client sent. */
export function validateManagedFields(
  entries: readonly ManagedFieldsEntry[] | null | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, entry] of (entries ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update")
      errors.push(invalid(`${at}.operation`, entry.operation ?? "", "must be `Apply` or `Update`"));
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1")
      errors.push(invalid(`${at}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
    errors.push(...validateFieldManager(entry.manager ?? "", `${at}.manager`));
    if (byteLength(entry.subresource ?? "") > SUBRESOURCE_NAME_MAX_LENGTH)
      errors.push(tooLong(`${at}.subresource`, SUBRESOURCE_NAME_MAX_LENGTH));
  }
  return errors;
}

function validateNamespaceField(meta: ObjectMeta, rules: ObjectMetaRules, path: string): FieldError[] {
  if (!rules.namespaced) return meta.namespace ? [fieldForbidden(`${path}.namespace`, "not allowed on this type")] : [];
  if (!meta.namespace) return [required(`${path}.namespace`)];
  return messagesAt(`${path}.namespace`, meta.namespace, nameIsDnsLabel(meta.namespace, false));
}

/**
 * What is wrong with a new object's metadata, in upstream's order and words.
 *
 * @example
 * validateObjectMeta(pod.metadata, { namespaced: true, nameCheck: nameIsDnsSubdomain }, "metadata")
 */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, path = "metadata"): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName)
    errors.push(...messagesAt(`${path}.generateName`, meta.generateName, rules.nameCheck(meta.generateName, true)));
  if (!meta.name) errors.push(required(`${path}.name`, "name or generateName is required"));
  else errors.push(...messagesAt(`${path}.name`, meta.name, rules.nameCheck(meta.name, false)));
  errors.push(...validateNamespaceField(meta, rules, path));
  if ((meta.generation ?? 0) < 0)
    errors.push(invalid(`${path}.generation`, meta.generation, "must be greater than or equal to 0"));
  errors.push(
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateFinalizers(meta.finalizers, `${path}.finalizers`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  );
  return errors;
}

/** Go's %#v of a sorted string list. */
const goStrings = (values: readonly string[]): string =>
  `[]string{${[...values]
    .sort()
    .map((v) => JSON.stringify(v))
    .join(", ")}}`;

function validateNoNewFinalizers(meta: ObjectMeta, old: ObjectMeta, path: string): FieldError[] {
  const extra = (meta.finalizers ?? []).filter((name) => !old.finalizers?.includes(name));
  if (extra.length === 0) return [];
  const found = goStrings([...new Set(extra)]);
  return [
    fieldForbidden(
      path,
      `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`,
    ),
  ];
}

const TEXT_FIELDS = ["name", "namespace", "uid"] as const;
const NULLABLE_FIELDS = ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

/** A field that may not change. */
export function validateImmutableField(value: unknown, old: unknown, path: string): FieldError[] {
  return sameJson(value, old) ? [] : [invalid(path, value, FIELD_IMMUTABLE)];
}

/** What is wrong with a change of metadata, in upstream's order and words. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = "metadata"): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) errors.push(...validateNoNewFinalizers(meta, old, `${path}.finalizers`));
  if (!meta.resourceVersion) errors.push(invalid(`${path}.resourceVersion`, "", "must be specified for an update"));
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid(`${path}.generation`, meta.generation ?? 0, "must not be decremented"));
  for (const field of TEXT_FIELDS)
    errors.push(...validateImmutableField(meta[field] ?? "", old[field] ?? "", `${path}.${field}`));
  for (const field of NULLABLE_FIELDS) {
    const value = meta[field] ?? null;
    if (value !== (old[field] ?? null)) errors.push(invalid(`${path}.${field}`, value, FIELD_IMMUTABLE));
  }
  errors.push(
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`),
    ...validateManagedFields(meta.managedFields, `${path}.managedFields`),
  );
  return errors;
}

/** The fields of meta/v1 Condition. */
export interface ConditionFields {
  readonly type?: string;
  readonly status?: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string | null;
  readonly reason?: string;
  readonly message?: string;
}

const CONDITION_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const CONDITION_REASON_REGEX = new RegExp(`^${CONDITION_REASON}$`);

function validateConditionReason(reason: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!CONDITION_REASON_REGEX.test(reason)) {
    const message = regexMessage(
      "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
      CONDITION_REASON,
      "my_name",
      "MY_NAME",
      "MyName",
      "ReasonA,ReasonB",
      "ReasonA:ReasonB",
    );
    errors.push(invalid(path, reason, message));
  }
  if (byteLength(reason) > CONDITION_REASON_MAX_LENGTH) errors.push(tooLong(path, CONDITION_REASON_MAX_LENGTH));
  return errors;
}

/** One meta/v1 Condition. */
export function validateCondition(condition: ConditionFields, path: string): FieldError[] {
  const errors = validateLabelName(condition.type ?? "", `${path}.type`);
  const statuses = ["False", "True", "Unknown"];
  if (!statuses.includes(condition.status ?? ""))
    errors.push(notSupported(`${path}.status`, condition.status ?? "", statuses));
  if ((condition.observedGeneration ?? 0) < 0)
    errors.push(
      invalid(`${path}.observedGeneration`, condition.observedGeneration, "must be greater than or equal to zero"),
    );
  if (!condition.lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`));
  if (!condition.reason) errors.push(required(`${path}.reason`));
  else errors.push(...validateConditionReason(condition.reason, `${path}.reason`));
  if (byteLength(condition.message ?? "") > CONDITION_MESSAGE_MAX_LENGTH)
    errors.push(tooLong(`${path}.message`, CONDITION_MESSAGE_MAX_LENGTH));
  return errors;
}

/** Conditions, each type once. */
export function validateConditions(
  conditions: readonly ConditionFields[] | null | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, index) => {
    const type = condition.type ?? "";
    const repeated: FieldError[] = seen.has(type)
      ? [
          {
            type: "FieldValueDuplicate",
            field: `${path}[${index}].type`,
            body: `Duplicate value: ${JSON.stringify(type)}`,
          },
        ]
      : [];
    seen.add(type);
    return [...repeated, ...validateCondition(condition, `${path}[${index}]`)];
  });
}
