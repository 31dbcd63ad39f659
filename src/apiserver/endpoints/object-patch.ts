// SPDX-License-Identifier: Apache-2.0

import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  ConversionError,
  convertUnstructured,
  DecodeError,
  type Decoded,
  type DeepReadonly,
  fieldError,
  inFieldOrder,
  invalidObject,
  type KubeObject,
  objectCodec,
  type SchemaRegistry,
  type Shape,
  type StatusError,
  strategicPatchText,
} from "../../apimachinery/index.ts";
import { addWarning, type KindRegistry } from "../registry/index.ts";
import type { ExpectedKind } from "./body-identity.ts";
import { type PatchBody, type PatchType, readPatchBody } from "./patch-body.ts";
import { patchedFault } from "./patched-identity.ts";
import { textAfterJsonPatch, textAfterMergePatch } from "./patched-text.ts";
import type { FieldValidation } from "./write-query.ts";

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
export interface PatchTarget extends ExpectedKind {
  readonly typeName: string;
  readonly schemas: SchemaRegistry;
  readonly kinds: KindRegistry;
}

/** A patch that was read once and can be applied to one state after another. */
export class ObjectPatch {
  readonly #type: Exclude<PatchType, "apply">;
  readonly #body: PatchBody;
  readonly #target: PatchTarget;
  readonly #shape: Shape;
  readonly #fieldValidation: FieldValidation;

  constructor(
    type: Exclude<PatchType, "apply">,
    body: Uint8Array,
    target: PatchTarget,
    fieldValidation: FieldValidation,
  ) {
    this.#type = type;
    this.#body = readPatchBody(type, body, fieldValidation);
    this.#target = target;
    this.#shape = { type: "ref", name: target.typeName };
    this.#fieldValidation = fieldValidation;
  }

  /** The patched object, decoded as its type; `current` stays as it is. */
  apply(current: DeepReadonly<KubeObject>, warnings: string[]): KubeObject {
    const patched = this.#applyTo(current);
    // Decoding takes the value over: what an error shows is needed only then, and made of another copy.
    const { object, strictErrors } = this.#decode(current, patched);
    if (strictErrors.length === 0 && this.#body.strictErrors.length === 0) return object;
    const errors = [...this.#body.strictErrors, ...strictErrors];
    if (this.#fieldValidation === "Strict") {
      throw this.#unprocessable(current, `strict decoding error: ${errors.join(", ")}`);
    }
    if (this.#fieldValidation === "Warn") for (const text of errors) addWarning(warnings, text);
    return object;
  }

  #applyTo(current: DeepReadonly<KubeObject>): unknown {
    const { value } = this.#body;
    if (this.#type === "json") return applyJsonPatch(current, value, { strict: this.#isStrict() });
    if (this.#type === "merge") return applyMergePatch(current, value);
    return applyStrategicMergePatch(current, value, this.#shape, this.#target.schemas);
  }

  #isStrict(): boolean {
    return this.#fieldValidation !== "Ignore";
  }

  #decode(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    if (this.#type === "strategic") return this.#decodeStrategic(current, patched);
    const fault = patchedFault(patched, this.#target, this.#target.kinds);
    if (fault?.nameless) return nameless(patched as KubeObject, this.#isStrict());
    if (fault) throw this.#unprocessable(current, fault.message);
    return this.#decodePatched(current, patched);
  }

  /** Upstream decodes the text that it shows: where its order decides which mistake comes first, that is read again. */
  #decodePatched(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    let decoded: Decoded | undefined;
    try {
      decoded = this.#codecDecode(patched);
      if (decoded.strictErrors.length < 2) return decoded;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    const again = this.#decodeValue(current, JSON.parse(this.#shown(current)));
    return decoded ? { object: decoded.object, strictErrors: again.strictErrors } : again;
  }

  #decodeValue(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    try {
      return this.#codecDecode(patched);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw this.#unprocessable(current, error.message);
    }
  }

  #codecDecode(patched: unknown): Decoded {
    const { schemas, typeName } = this.#target;
    return objectCodec(schemas, typeName).decodeValue(patched, {
      strict: this.#isStrict(),
      namesKeys: this.#type !== "strategic",
    });
  }

  /** Here upstream converts the merged object instead of decoding it, and sorts what it does not know. */
  #decodeStrategic(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    const { object, strictErrors } = this.#decodeOrConvert(current, patched);
    return { object, strictErrors: strictErrors.length > 1 ? [...strictErrors].sort() : strictErrors };
  }

  #decodeOrConvert(current: DeepReadonly<KubeObject>, patched: unknown): Decoded {
    try {
      return this.#codecDecode(patched);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    const again = this.#applyTo(current);
    try {
      convertUnstructured(again, this.#shape, this.#target.schemas);
    } catch (error) {
      if (error instanceof ConversionError) throw this.#unprocessable(current, error.message);
      throw error;
    }
    return this.#decodeValue(current, again);
  }

  /** 422 that shows the patched object, or a strategic merge patch, as upstream prints it. */
  #unprocessable(current: DeepReadonly<KubeObject>, why: string): StatusError {
    return invalidObject({ group: "", kind: "" }, "", [fieldError.invalid("patch", this.#shown(current), why)]);
  }

  #shown(current: DeepReadonly<KubeObject>): string {
    const { schemas, typeName } = this.#target;
    const { value } = this.#body;
    if (this.#type === "strategic") return strategicPatchText(current, value, this.#shape, schemas);
    const ordered = inFieldOrder(schemas, typeName, current) as DeepReadonly<KubeObject>;
    const patched = this.#applyTo(ordered);
    return this.#type === "merge" ? textAfterMergePatch(patched, value, ordered) : textAfterJsonPatch(patched, value);
  }
}

/** An object of no version: no field of it is known, so that it has no name either. */
function nameless(patched: KubeObject, isStrict: boolean): Decoded {
  const fields = Object.keys(patched).filter((key) => key !== "kind" && key !== "apiVersion");
  const strictErrors = isStrict ? fields.sort().map((key) => `unknown field ${JSON.stringify(key)}`) : [];
  return { object: { kind: patched.kind, apiVersion: "", metadata: {} } as KubeObject, strictErrors };
}
