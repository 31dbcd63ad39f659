// SPDX-License-Identifier: Apache-2.0

import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  DecodeError,
  type Decoded,
  type DeepReadonly,
  encodeJson,
  fieldError,
  invalidObject,
  isJsonObject,
  type JsonObject,
  JsonSyntaxError,
  type KubeObject,
  type SchemaRegistry,
  type Shape,
  type StatusError,
  parseJson,
} from "../../apimachinery/index.ts";
import { addWarning } from "../registry/index.ts";
import type { Identity, IdentityProblem } from "./body-identity.ts";
import type { FieldValidation } from "./write-query.ts";

export type PatchType = "json" | "merge" | "strategic" | "apply";

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

/** The kind of patch that a Content-Type announces; undefined when it is none. */
export function patchTypeOf(contentType: string | undefined): PatchType | undefined {
  const semicolon = contentType?.indexOf(";") ?? -1;
  const type = semicolon <= 0 ? contentType : contentType!.slice(0, semicolon);
  return PATCH_TYPES[type ?? ""];
}

/** Whether upstream's router lets a patch pass: it finds one of the types in a list of them. */
export const routesPatch = (contentType: string): boolean =>
  contentType.split(",").some((part) => part.split(";", 1)[0]!.trim() in PATCH_TYPES);

/** The kinds of patches, as messages name them. */
export const patchTypes = (custom: boolean): string[] =>
  Object.keys(PATCH_TYPES).filter((type) => !custom || PATCH_TYPES[type] !== "strategic");

/** What is patched: a kind's objects, or the Scale of one. */
export interface PatchTarget {
  readonly shape: Shape;
  readonly schemas: SchemaRegistry;
  identityProblem(stated: Identity): IdentityProblem | undefined;
  decodeValue(value: unknown, strict: boolean): Decoded;
}

/** A patch that was read once and can be applied to one state after another. */
export class ObjectPatch {
  readonly #type: Exclude<PatchType, "apply">;
  readonly #patch: unknown;
  readonly #target: PatchTarget;
  readonly #fieldValidation: FieldValidation;

  constructor(
    type: Exclude<PatchType, "apply">,
    body: Uint8Array,
    target: PatchTarget,
    fieldValidation: FieldValidation,
  ) {
    this.#type = type;
    this.#patch = parsePatch(type, body);
    this.#target = target;
    this.#fieldValidation = fieldValidation;
  }

  /** The patched object, decoded as its type; `current` stays as it is. */
  apply(current: DeepReadonly<KubeObject>, warnings: string[]): KubeObject {
    const patched = this.#applyTo(current);
    this.#checkIdentity(current, patched);
    // Decoding takes the value over: what an error shows is needed only then, and made of another copy.
    const { object, strictErrors } = this.#decode(current, patched);
    if (strictErrors.length === 0) return object;
    if (this.#fieldValidation === "Strict") {
      throw this.#unprocessable(current, `strict decoding error: ${strictErrors.join(", ")}`);
    }
    if (this.#fieldValidation === "Warn") for (const text of strictErrors) addWarning(warnings, text);
    return object;
  }

  /** A strategic merge never goes through bytes: what its patch says of kind and version is lost in upstream. */
  #checkIdentity(current: DeepReadonly<KubeObject>, patched: unknown): void {
    if (this.#type === "strategic" || !isJsonObject(patched)) return;
    const { kind, apiVersion } = patched;
    if (typeof kind !== "string" || typeof apiVersion !== "string") return;
    if (kind === current.kind && apiVersion === current.apiVersion) return;
    const problem = this.#target.identityProblem({ kind, apiVersion });
    if (problem && problem.type !== "other version") throw this.#unprocessable(current, problem.why);
  }

  #applyTo(current: DeepReadonly<KubeObject>): unknown {
    if (this.#type === "json") return applyJsonPatch(current, this.#patch);
    if (this.#type === "merge") return applyMergePatch(current, this.#patch);
    return applyStrategicMergePatch(current, this.#patch, this.#target.shape, this.#target.schemas);
  }

  #decode(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    try {
      return this.#target.decodeValue(patched, this.#fieldValidation !== "Ignore");
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw this.#unprocessable(current, error.message);
    }
  }

  /** 422 that shows the patched object, as upstream prints it. */
  #unprocessable(current: DeepReadonly<KubeObject>, why: string): StatusError {
    const shown = encodeJson(sortedAlong(this.#applyTo(current), this.#type === "merge" ? this.#patch : undefined));
    return invalidObject({ group: "", kind: "" }, "", [fieldError.invalid("patch", shown, why)]);
  }
}

/** Upstream sorts the keys of the objects that a merge patch touches and leaves the others as they are. */
function sortedAlong(value: unknown, patch: unknown): unknown {
  if (!isJsonObject(value) || !isJsonObject(patch)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) sorted[key] = sortedAlong(value[key], patch[key]);
  return sorted;
}

function parsePatch(type: PatchType, body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(type === "strategic" ? error.message : `error decoding patch: ${error.message}`);
  }
}
