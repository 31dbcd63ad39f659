// SPDX-License-Identifier: Apache-2.0

import {
  type FieldError,
  type KubeObject,
  nameIsDnsSubdomain,
  nameIsPathSegment,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "../apimachinery/index.ts";
import type { Kind, UpdateCheck } from "./kind.ts";
import { finalizerNameErrors } from "./validation/finalizer-names.ts";

const USUAL_CHECKS: readonly UpdateCheck[] = ["metadata change", "object", "change"];
const STATUS_CHECKS: readonly UpdateCheck[] = ["metadata change", "change"];
const NONE: readonly FieldError[] = [];

/** A finalizer without a domain must be one of Kubernetes' own, for most kinds. */
const finalizerErrors = (kind: Kind, object: KubeObject): readonly FieldError[] =>
  kind.anyFinalizer || kind.virtual ? NONE : finalizerNameErrors(object.metadata);

const ownMetadataErrors = (kind: Kind, object: KubeObject): FieldError[] =>
  validateObjectMeta(object.metadata, {
    namespaced: kind.namespaced,
    nameCheck: kind.validateName?.bind(kind) ?? nameIsDnsSubdomain,
  });

const registryErrors = (kind: Kind, object: KubeObject): FieldError[] =>
  validateObjectMeta(object.metadata, { namespaced: kind.namespaced, nameCheck: nameIsPathSegment });

/** Everything that is wrong with a new object. */
export function createErrors(kind: Kind, object: KubeObject): FieldError[] {
  if (!kind.onlyRegistryChecksMetadata)
    return [...ownMetadataErrors(kind, object), ...finalizerErrors(kind, object), ...(kind.validate?.(object) ?? NONE)];
  const errors = kind.validate?.(object) ?? [];
  return errors.length > 0 ? errors : registryErrors(kind, object);
}

/** The checks of one change, of which those that every update has are made once, whoever asks for them again. */
class UpdateChecks {
  readonly #kind: Kind;
  readonly #object: KubeObject;
  readonly #old: KubeObject;
  readonly #subresource: string | undefined;
  readonly #ofObject: readonly FieldError[];
  readonly #ofChange: readonly FieldError[];

  constructor(kind: Kind, object: KubeObject, old: KubeObject, subresource: string | undefined) {
    this.#kind = kind;
    this.#object = object;
    this.#old = old;
    this.#subresource = subresource;
    this.#ofObject = registryErrors(kind, object);
    this.#ofChange = validateObjectMetaUpdate(object.metadata, old.metadata);
  }

  errors(): FieldError[] {
    const errors = [...this.#ofObject, ...this.#ofChange];
    for (const check of this.#checks()) errors.push(...this.#errorsOf(check));
    return errors;
  }

  #checks(): readonly UpdateCheck[] {
    const { status, updateChecks = USUAL_CHECKS } = this.#kind;
    if (this.#subresource === "status") return status?.updateChecks ?? STATUS_CHECKS;
    if (!this.#subresource || this.#subresource === "scale") return updateChecks;
    return this.#kind.subresources?.[this.#subresource]?.updateChecks ?? STATUS_CHECKS;
  }

  #errorsOf(check: UpdateCheck): readonly FieldError[] {
    const [kind, object] = [this.#kind, this.#object];
    switch (check) {
      case "metadata":
        return [...this.#ownErrors(), ...finalizerErrors(kind, object)];
      case "metadata change":
        return [...this.#ofChange, ...finalizerErrors(kind, object)];
      case "object":
        return kind.validate?.(object) ?? NONE;
      case "change":
        return this.#changeErrors();
    }
  }

  /** The name has been right since the creation: only a generateName may be wrong by the kind's own rule. */
  #ownErrors(): readonly FieldError[] {
    if (this.#ofObject.length === 0 && !this.#object.metadata.generateName) return NONE;
    return ownMetadataErrors(this.#kind, this.#object);
  }

  #changeErrors(): readonly FieldError[] {
    const [kind, name] = [this.#kind, this.#subresource];
    if (!name || name === "scale") return kind.validateUpdate?.(this.#object, this.#old) ?? NONE;
    const part = name === "status" ? kind.status : kind.subresources?.[name];
    return part?.validateUpdate?.(this.#object, this.#old) ?? NONE;
  }
}

/** Everything that is wrong with a change, in upstream's order, which repeats what upstream checks again. */
export function updateErrors(
  kind: Kind,
  object: KubeObject,
  old: KubeObject,
  subresource?: string,
): readonly FieldError[] {
  // Other subresources (binding) check what they change themselves.
  const known = !subresource || subresource === "status" || subresource === "scale" || kind.subresources?.[subresource];
  return known ? new UpdateChecks(kind, object, old, subresource).errors() : NONE;
}
