// SPDX-License-Identifier: Apache-2.0

import { copyJson, equalJson, isJsonObject } from "../json-value.ts";
import { DecodeError, type ObjectCodec } from "../object-codec.ts";
import type { DeepReadonly, KubeObject, ManagedFieldsEntry } from "../object.ts";
import { ConversionError, convertUnstructured, plainServerError } from "../patch/index.ts";
import type { SchemaRegistry, Shape } from "../schema.ts";
import { badRequest } from "../status-error.ts";
import { capUpdaters } from "./cap-updaters.ts";
import { ApplyConflicts, conflictError } from "./conflicts.ts";
import { CreatedFields } from "./created-fields.ts";
import { emptyObjectOf } from "./empty-object.ts";
import { difference, EMPTY_SET, isEmptySet, recursiveDifference, setOfPaths, type FieldSet } from "./field-set.ts";
import { clientSideFields, KUBECTL, refreshLastApplied } from "./last-applied.ts";
import {
  BadManagedFields,
  Owner,
  ownerKey,
  printOwners,
  readOwners,
  type OwnerIdentity,
  type Owners,
} from "./manager-entries.ts";
import { KindVersions, ObjectChange, type ObjectVersions } from "./object-versions.ts";
import {
  applyOwners,
  reconcileOwners,
  trackedOnly,
  updateOwners,
  type Applied,
  type ApplyRequest,
} from "./ownership.ts";
import { fieldElement } from "./path-element.ts";
import { BadListElement } from "./structure.ts";
import { misfitText } from "./validate.ts";

/** One kind in one version, as one updater serves it. */
export interface ManagedFieldsScope {
  readonly registry: SchemaRegistry;
  readonly shape: Shape;
  /** `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Other served versions; needed by kinds that have several. */
  readonly versions?: ObjectVersions;
  /** The schema may have changed since owners were stored (custom resources): what was granular may be atomic now. */
  readonly schemaChanges?: boolean;
}

/** What a writer that does not apply says of itself. */
export interface UpdateOptions {
  /** fieldManager of the request, or the User-Agent up to its first slash; "unknown" when empty. */
  readonly manager: string;
  /** Now, as meta/v1 Time (seconds). */
  readonly now: string;
  /** "status", "scale", …; absent for the main resource. */
  readonly subresource?: string;
  /** Paths that this write resets (["status"] on the main resource, ["spec"] on /status); always the same array for one caller. */
  readonly resetFields?: readonly (readonly string[])[];
}

export interface ApplyOptions extends UpdateOptions {
  readonly force?: boolean;
}

/** The manager of what an object held before somebody applied to it for the first time. */
const BEFORE_FIRST_APPLY = "before-first-apply";

/**
 * Keeps metadata.managedFields of one kind in one version. Objects are in that version, in wire form and defaulted.
 * Call it before mutating admission and before the strategy's prepareFor hooks, as the original does.
 */
export class ManagedFieldsUpdater {
  readonly scope: ManagedFieldsScope;
  readonly #versions: KindVersions;
  readonly #emptyObject: DeepReadonly<KubeObject>;
  readonly #createdFields: CreatedFields;
  /** Of each set that a creator owns, the part that is tracked under given resets. */
  readonly #tracked = new WeakMap<FieldSet, Map<FieldSet, FieldSet>>();

  constructor(scope: ManagedFieldsScope) {
    this.scope = scope;
    this.#versions = new KindVersions(scope.apiVersion, scope.registry, scope.shape, scope.versions);
    this.#emptyObject = emptyObjectOf(scope.registry, scope.shape);
    this.#createdFields = new CreatedFields(this.#versions.structure, this.#emptyObject);
  }

  /**
   * For create (live undefined), update, and all patches but apply: sets `object.metadata.managedFields` in place, or
   * removes it when nobody owns anything. `live` is not changed; entries may be shared with it, and their fieldsV1 are
   * frozen or must be treated so.
   */
  update(live: DeepReadonly<KubeObject> | undefined, object: KubeObject, options: UpdateOptions): void {
    const { metadata } = object;
    const sent = metadata.managedFields;
    const entries = live
      ? this.#entriesOfUpdate(live, object, sent, options)
      : this.#entriesOfCreate(object, sent, options);
    if (entries) metadata.managedFields = entries;
    else delete metadata.managedFields;
  }

  #entriesOfCreate(
    object: KubeObject,
    sent: ManagedFieldsEntry[] | undefined,
    options: UpdateOptions,
  ): ManagedFieldsEntry[] | undefined {
    delete object.metadata.managedFields;
    const owners = sent ? readOwnersOrNone(sent, "sent") : new Map<string, Owner>();
    const writer = this.#writer(options, "Update");
    try {
      if (owners.size > 0) return printOwners(this.#ownersAfter(this.#emptyObject, object, owners, options));
      const set = this.#setOfCreator(object, resetsOf(options.resetFields));
      return isEmptySet(set) ? undefined : printOwners(new Map([["", new Owner(writer, options.now, { set })]]));
    } catch (error) {
      if (error instanceof BadListElement) return undefined;
      throw error;
    }
  }

  #setOfCreator(object: DeepReadonly<KubeObject>, resets: FieldSet): FieldSet {
    const all = this.#createdFields.of(object);
    let byResets = this.#tracked.get(all);
    if (!byResets) this.#tracked.set(all, (byResets = new Map()));
    let set = byResets.get(resets);
    if (!set) byResets.set(resets, (set = trackedOnly(recursiveDifference(all, resets))));
    return set;
  }

  #entriesOfUpdate(
    live: DeepReadonly<KubeObject>,
    object: KubeObject,
    sent: ManagedFieldsEntry[] | undefined,
    options: UpdateOptions,
  ): ManagedFieldsEntry[] | undefined {
    const stored = live.metadata.managedFields as ManagedFieldsEntry[] | undefined;
    const start = options.subresource || !sent ? undefined : ownersSent(sent, stored);
    const owners = start ?? readOwnersOrNone(stored, "stored");
    // An object whose managers were reset, or that never had any, is not tracked until somebody applies to it.
    if (owners.size === 0) return undefined;
    // Upstream gives up on a version that it cannot read, and forgets all managers.
    if ([...owners.values()].some(({ apiVersion }) => apiVersion.split("/").length > 2)) return undefined;
    // Nobody owns the managers, so they are not compared.
    if (stored) object.metadata.managedFields = stored;
    else delete object.metadata.managedFields;
    try {
      return printOwners(
        this.#ownersAfter(live, object, start ? reconcileOwners(start, this.#versions) : owners, options),
      );
    } catch (error) {
      // Managers of an object that cannot be compared are forgotten; the write itself is right.
      if (error instanceof BadListElement) return undefined;
      throw error;
    }
  }

  #ownersAfter(
    live: DeepReadonly<KubeObject>,
    object: DeepReadonly<KubeObject>,
    start: Owners,
    options: UpdateOptions,
  ): Owners {
    const { apiVersion, schemaChanges } = this.scope;
    const owners = schemaChanges ? reconcileOwners(start, this.#versions) : start;
    const before = { apiVersion, object: live };
    const change = new ObjectChange(this.#versions, before, { apiVersion, object }, resetsOf(options.resetFields));
    updateOwners(owners, change, this.#writer(options, "Update"), options.now);
    capUpdaters(owners);
    return owners;
  }

  /**
   * Server-side apply: merges `applied` into `live` (undefined: the object does not exist yet), prunes what this manager
   * applied before and no longer does, and returns the new object with its managedFields, private to the caller but for
   * the frozen fieldsV1. Not defaulted. Throws StatusError (409 with causes on conflicts, 400 on wrong versions).
   */
  apply(
    live: DeepReadonly<KubeObject> | undefined,
    applied: DeepReadonly<KubeObject>,
    options: ApplyOptions,
  ): KubeObject {
    this.#requireApplicable(applied);
    const owners = this.#ownersBeforeApply(live, options);
    const writer = this.#writer(options, "Apply");
    const result = this.#applied({
      live: live ?? {},
      applied,
      owners,
      writer,
      force: options.force === true,
      resets: resetsOf(options.resetFields),
    });
    const key = ownerKey(writer);
    const own = result.owners.get(key);
    if (own && result.object !== undefined) result.owners.set(key, own.withTime(options.now));
    const object = (result.object ?? copyJson(live ?? applied)) as KubeObject;
    const entries = printOwners(result.owners);
    if (entries) object.metadata.managedFields = entries;
    else delete object.metadata.managedFields;
    if (options.manager === KUBECTL) refreshLastApplied(object, applied);
    return object;
  }

  /**
   * As apply, with the merged object brought into the canonical form of its type. Values that fit the schema but not the
   * type are converted as the original does; what cannot be becomes a plain error.
   */
  applyTyped(
    live: DeepReadonly<KubeObject> | undefined,
    applied: DeepReadonly<KubeObject>,
    codec: ObjectCodec,
    options: ApplyOptions,
  ): KubeObject {
    try {
      return codec.canonical(this.apply(live, applied, options));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    // Decoding used up the first result.
    return codec.canonical(this.#converted(this.apply(live, applied, options), applied));
  }

  #converted(merged: KubeObject, applied: DeepReadonly<KubeObject>): KubeObject {
    const { registry, shape } = this.scope;
    try {
      convertUnstructured(merged, shape, registry);
      return merged;
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      const type = kindText(applied.apiVersion!, applied.kind!);
      const why = `unable to convert unstructured object to ${type}: ${error.message}`;
      throw plainServerError(
        `failed to convert new object (${identityText(applied)}; ${type}) to proper version: ${why}`,
      );
    }
  }

  #applied(request: ApplyRequest): Applied {
    try {
      return this.#appliedOverClientSide(request);
    } catch (error) {
      if (error instanceof ApplyConflicts) throw conflictError(error);
      throw error;
    }
  }

  /** kubectl takes over from its client-side apply: what that set and nobody changed since is no conflict. */
  #appliedOverClientSide(request: ApplyRequest): Applied {
    try {
      return applyOwners(request, this.#versions);
    } catch (error) {
      if (!(error instanceof ApplyConflicts) || request.writer.manager !== KUBECTL) throw error;
      const { apiVersion } = this.scope;
      const allowed = clientSideFields(request.live as KubeObject, apiVersion, this.#versions.structure);
      if (!allowed) throw error;
      if (!isEmptySet(difference(error.paths(), allowed))) throw error.without(allowed);
      return applyOwners({ ...request, force: true }, this.#versions);
    }
  }

  #requireApplicable(applied: DeepReadonly<KubeObject>): void {
    const { apiVersion, kind } = this.scope;
    const given = kindText(applied.apiVersion, applied.kind);
    if (given !== kindText(apiVersion, kind)) throw badRequest(`invalid object type: ${given}`);
    if (this.#hasManagedFields(applied)) throw badRequest("metadata.managedFields must be nil");
    const misfit = misfitText(applied, this.#versions.structure);
    if (misfit === undefined) return;
    throw plainServerError(`failed to create typed patch object (${identityText(applied)}; ${given}): ${misfit}`);
  }

  /** Managed fields that can be read; others are a mistake of the typed object. */
  #hasManagedFields(applied: DeepReadonly<KubeObject>): boolean {
    const entries: unknown = applied.metadata?.managedFields;
    if (!Array.isArray(entries) || !entries.every(isJsonObject)) return false;
    return entries.every(({ time }) => typeof (time ?? "") === "string");
  }

  #ownersBeforeApply(live: DeepReadonly<KubeObject> | undefined, options: ApplyOptions): Owners {
    if (!live) return new Map();
    const owners = readOwnersOrFail(live);
    if (owners.size > 0) return owners;
    return this.#ownersAfter(this.#emptyObject, live, owners, { ...options, manager: BEFORE_FIRST_APPLY });
  }

  #writer({ manager, subresource = "" }: UpdateOptions, operation: OwnerIdentity["operation"]): OwnerIdentity {
    return { manager: manager || "unknown", operation, apiVersion: this.scope.apiVersion, subresource };
  }
}

/**
 * The owners that a client sends along, where it does so in order; none where it resets them. Undefined where the stored
 * ones stand: the client sends them back, nothing, or what makes no sense, so that those who know nothing of managers do
 * not delete them.
 */
function ownersSent(sent: ManagedFieldsEntry[], stored: ManagedFieldsEntry[] | undefined): Owners | undefined {
  if (isReset(sent)) return new Map();
  if (equalJson(sent, stored)) return undefined;
  const owners = readOwnersOrNone(sent, "sent");
  return owners.size > 0 ? owners : undefined;
}

/** An empty list, or one empty entry. */
const isReset = (entries: readonly ManagedFieldsEntry[]): boolean =>
  entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0);

function readOwnersOrNone(entries: ManagedFieldsEntry[] | undefined, source: "stored" | "sent"): Owners {
  try {
    return readOwners(entries, source);
  } catch (error) {
    if (error instanceof BadManagedFields) return new Map();
    throw error;
  }
}

function readOwnersOrFail(live: DeepReadonly<KubeObject>): Owners {
  try {
    return readOwners(live.metadata.managedFields, "stored");
  } catch (error) {
    if (error instanceof BadManagedFields) throw plainServerError(`failed to decode managed fields: ${error.message}`);
    throw error;
  }
}

const resetSets = new WeakMap<object, FieldSet>();

function resetsOf(paths: readonly (readonly string[])[] | undefined): FieldSet {
  if (!paths) return EMPTY_SET;
  let set = resetSets.get(paths);
  if (!set) resetSets.set(paths, (set = setOfPaths(paths.map((path) => path.map(fieldElement)))));
  return set;
}

/**
 * A kind as Go prints a GroupVersionKind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. What is no text counts as absent,
 * and an apiVersion of too many parts hides the kind too.
 */
function kindText(apiVersion: unknown, kind: unknown): string {
  const version = typeof apiVersion === "string" ? apiVersion : "";
  const parts = version.split("/").length;
  if (parts > 2) return "/, Kind=";
  return `${parts === 2 ? version : `/${version}`}, Kind=${typeof kind === "string" ? kind : ""}`;
}

/** `namespace/name` of a configuration, whatever it holds. */
function identityText(applied: DeepReadonly<KubeObject>): string {
  const metadata: unknown = applied.metadata;
  const text = (field: string): string => {
    const value = isJsonObject(metadata) ? metadata[field] : undefined;
    return typeof value === "string" ? value : "";
  };
  return `${text("namespace")}/${text("name")}`;
}
