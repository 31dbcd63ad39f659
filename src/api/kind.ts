// SPDX-License-Identifier: Apache-2.0

import type { FieldError, KubeObject } from "../apimachinery/index.ts";

/** What a strategy may know of the request besides the objects. */
export interface StrategyContext {
  readonly userName: string;
  readonly userGroups: readonly string[];
  readonly userUid?: string;
  readonly userExtra?: Readonly<Record<string, readonly string[]>>;
  /** Now, as meta/v1 Time. */
  readonly now: string;
  readonly dryRun: boolean;
  /** Adds a warning to the answer, whether the write succeeds or not. */
  warn?(text: string): void;
}

/** A column of `kubectl get`: definition, and the cell of one object. Priority 1 shows with -o wide only. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "boolean" | "number";
  readonly format?: string;
  readonly description: string;
  readonly priority?: number;
  /** The rows have the cell, and the table does not say what it is (the age of IPAddresses). */
  readonly undeclared?: boolean;
  /** The cell's value. For type "date" give the RFC 3339 text: the printer renders the age at request time. */
  cell(object: KubeObject, context: ColumnContext): string | number | boolean | null | undefined;
}

export interface ColumnContext {
  /** Renders "5d", "3h2m", "<unknown>" as upstream's duration.HumanDuration does. */
  age(timestamp: string | undefined): string;
}

/** A condition of a table row, as meta/v1 TableRowCondition. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** How graceful deletion works for a kind that has it (pods). Undefined seconds: delete at once. */
export interface GracefulDeletion {
  /** Decides the grace period of a delete request; sets nothing. */
  graceSeconds(object: KubeObject, requestedSeconds: number | undefined): number;
}

/** What a write through a subresource may change, and what is wrong with it; the metadata is the registry's to check. */
export interface SubresourceStrategy {
  /** Puts back what the subresource does not write. The generation grows as with the main resource. */
  prepareForUpdate(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  validateUpdate(object: KubeObject, old: KubeObject): FieldError[];
  /** What such a write is checked for; the metadata's change and validateUpdate() unless given. */
  readonly updateChecks?: readonly UpdateCheck[];
  /** Field paths that such a write resets, as Kind.resetFields. */
  readonly resetFields?: readonly (readonly string[])[];
}

/**
 * One of the checks of an update. The registry checks the metadata and their change first; upstream's strategies do so again,
 * and each repeats its mistakes among the causes: `metadata` as of a new object, `metadata change`, `object` as validate()
 * does, `change` as validateUpdate() does.
 */
export type UpdateCheck = "metadata" | "metadata change" | "object" | "change";

/**
 * What Knarr knows of one kind in one version: one file each in api/. Everything is optional beyond the names: the
 * generic registry does the rest. Objects are plain JSON in wire form. Hooks mutate the object that they are given.
 */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Plural: `deployments`. */
  readonly resource: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Schema type: `io.k8s.api.apps.v1.Deployment`. */
  readonly type: string;
  /** The group that validation errors name, where it is not the kind's own (Events of events.k8s.io). */
  readonly errorGroup?: string;
  /** The Warning of every request to a version of a kind that is on its way out. */
  readonly deprecationWarning?: string;
  /** Nothing is stored: the kind is registered for its schema and discovery, its behaviour lives in apiserver/resources. */
  readonly virtual?: boolean;
  /** Verbs other than the usual create delete deletecollection get list patch update watch. */
  readonly verbs?: readonly string[];
  /** Where the objects are stored when not under the kind's own group and resource (both Event groups: core events). */
  readonly storage?: {
    readonly resource: string;
    readonly toStorage: ConvertObject;
    readonly fromStorage: ConvertObject;
  };

  /** Fills defaults after decoding and before validation, on every write, as the versioned defaults upstream do. */
  defaults?(object: KubeObject): void;
  /** On create, after defaulting: clears what a client may not set (status), sets what the server owns. */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  /** On update of the main resource: keeps status, etc. The generation rule is below. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
  /** Mistakes of a new object beyond ObjectMeta, which the registry checks. */
  validate?(object: KubeObject): FieldError[];
  /** Mistakes of a change (immutable fields). */
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
  /** As upstream has it for some kinds: names are held to what fits into a path, and only after the kind's own checks. */
  readonly onlyRegistryChecksMetadata?: boolean;
  /** What an update is checked for, in order; the metadata's change, the object and its change unless given. */
  readonly updateChecks?: readonly UpdateCheck[];
  /** Finalizers may have any name; elsewhere a name without a domain must be one of Kubernetes' own. */
  readonly anyFinalizer?: boolean;
  /** How metadata.name is checked; DNS-1123 subdomain unless given. Returns messages. */
  validateName?(name: string, prefix: boolean): string[];
  warnings?(object: KubeObject, old: KubeObject | undefined): string[];
  /** After validation, before storing: brings a valid object into the form in which it is kept. */
  canonicalize?(object: KubeObject): void;

  /** metadata.generation is 1 at creation and grows when spec changes (or whatever this hook compares). False: no generation. */
  readonly generation?: boolean | ((object: KubeObject, old: KubeObject) => boolean);
  /** PUT and apply of an object that does not exist create it (Lease, Node status, …: as upstream). */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion is allowed; true unless given, as for most kinds. */
  readonly allowUnconditionalUpdate?: boolean;

  /** The /status subresource: present when the kind has one. */
  readonly status?: {
    prepareForUpdate?(object: KubeObject, old: KubeObject, context: StrategyContext): void;
    validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
    /** What a change of the status is checked for; the metadata's change and validateUpdate() of the status unless given. */
    readonly updateChecks?: readonly UpdateCheck[];
    /** An apply to the status of what does not exist creates it, where the kind lets no PUT do so. */
    readonly createdByApply?: boolean;
    /** Warnings about a change of the status; those of the main resource do not apply to it. */
    warnings?(object: KubeObject, old: KubeObject): string[];
  };
  /**
   * Subresources beyond status and scale through which a part of the same object is written (pods/resize,
   * certificatesigningrequests/approval, namespaces/finalize).
   */
  readonly subresources?: Readonly<Record<string, SubresourceStrategy>>;
  /** The /scale subresource: JSON paths as in CRDs, and the selector as text. */
  readonly scale?: {
    readonly specReplicasPath: string;
    readonly statusReplicasPath: string;
    selectorText(object: KubeObject): string;
  };
  readonly graceful?: GracefulDeletion;
  /** The garbage collector's default when the client states no propagation policy. */
  readonly defaultPropagation?: "background" | "orphan";
  /** The Warning of a delete request that leaves the propagation policy to the default (jobs). */
  readonly defaultPropagationWarning?: string;
  /** A deletion that is carried out at once answers with the object, not with a Status. */
  readonly returnDeletedObject?: boolean;
  /** Seconds to live from the last write (events). */
  readonly ttlSeconds?: number;

  readonly columns?: readonly Column[];
  /** Conditions of the object's table row (pods that have ended). */
  rowConditions?(object: KubeObject): readonly RowCondition[] | undefined;
  /** Field selectors beyond metadata.name and metadata.namespace: label → value of one object. */
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
  /** The message about a field selector's unknown label, where it is not the generic one. */
  fieldLabelError?(label: string): string;
  /** A selectable field by which watchers are hashed (pods: spec.nodeName). */
  readonly dispatchField?: string;
  /** Field paths that a write to the main resource resets, as managed-fields text sees them; ["status"] when the kind has status. */
  readonly resetFields?: readonly (readonly string[])[];
  /** The same of a write to /status; [["spec"]] unless given. */
  readonly statusResetFields?: readonly (readonly string[])[];
}

/** Converts an object between two versions of its kind; returns a new object or the same one. */
export type ConvertObject = (object: KubeObject) => KubeObject;
