// SPDX-License-Identifier: Apache-2.0

import { type EmptyCollection, emptyCollection } from "./empty-collections.ts";
import { goQuote } from "./go-quote.ts";
import type { JsonObject } from "./json-value.ts";

/** Where a decoded value stands in its parent, as errors name it. */
export interface FieldPlace {
  readonly name: string;
  /** The name after those of embedded structs: `VolumeSource.emptyDir`. */
  readonly goPath: string;
  readonly goStruct: string;
}

interface StrictError {
  readonly type: "unknown field" | "duplicate field";
  path: string;
}

interface TypeMismatch {
  readonly value: string;
  readonly goType: string;
  goStruct: string;
  goPath: string;
}

/** What strict decoding keeps at most, as upstream does. */
const MAX_STRICT_ERRORS = 100;

/**
 * Collects what is wrong while a value is decoded. Paths are built from the inside out: decoders report to it, and each
 * parent that sees the number of errors grow adds its own name, so that the good way costs nothing.
 */
export class DecodeContext {
  /** Key-value pairs met; fewer than in the source when a key stands twice. */
  members = 0;
  /** Grows with each report. */
  errors = 0;
  /** The source was read exactly: numbers may be kept texts. */
  readonly exact: boolean;
  /** Paths name the keys of maps. */
  namesKeys = true;
  /** Add what Go always writes. */
  readonly fill: boolean;
  readonly repeatedKeys: ReadonlyMap<object, readonly string[]> | undefined;
  private readonly strict: StrictError[] = [];
  /** The number of errors when each strict error was reported. */
  private readonly reportedAt: number[] = [];
  private stopped = false;
  private failed: string | undefined;
  private mismatch: TypeMismatch | undefined;
  private mismatchAt = 0;

  /** Empty lists and maps that were left out; most objects have none. */
  empties: EmptyCollection[] | undefined;

  constructor(fill = true, repeatedKeys?: ReadonlyMap<object, readonly string[]>) {
    this.fill = fill;
    this.exact = repeatedKeys !== undefined;
    this.repeatedKeys = repeatedKeys;
  }

  /** Notes a field that was left out because it was an empty list or map. */
  leftOut(parent: JsonObject, field: string, sent: unknown): void {
    const value = emptyCollection(sent);
    if (value) (this.empties ??= []).push({ parent, field, value });
  }

  /** How many empty lists and maps were left out so far. */
  get leftOutCount(): number {
    return this.empties?.length ?? 0;
  }

  /** What was left out of one object, all of it after the first `before`, is now missing from its copy. */
  copied(from: JsonObject, to: JsonObject, before: number): void {
    const { empties } = this;
    if (!empties) return;
    for (let i = before; i < empties.length; i++) if (empties[i]!.parent === from) empties[i]!.parent = to;
  }

  unknownField(key: string): void {
    this.reportStrict({ type: "unknown field", path: key });
  }

  duplicateField(key: string): void {
    this.reportStrict({ type: "duplicate field", path: key });
  }

  private reportStrict(error: StrictError): void {
    this.errors++;
    this.strict.push(error);
    this.reportedAt.push(this.errors);
  }

  /** A value that a type's own decoder refuses: Go stops there. */
  fail(message: string): undefined {
    this.errors++;
    if (this.stopped) return undefined;
    this.stopped = true;
    this.failed = message;
    this.mismatch = undefined;
    return undefined;
  }

  /** A value that is wrong in itself: as with one of the wrong type, Go goes on and tells of the first one. */
  mistake(message: string): undefined {
    this.errors++;
    if (!this.stopped && !this.mismatch) this.failed ??= message;
    return undefined;
  }

  /** A value of the wrong type. Go goes on and tells of the first one, unless a type's own decoder met it (`stop`). */
  typeMismatch(value: string, goType: string, stop = false): undefined {
    this.errors++;
    if (this.stopped || ((this.mismatch || this.failed !== undefined) && !stop)) return undefined;
    this.stopped = stop;
    this.mismatch = { value, goType, goStruct: "", goPath: "" };
    this.mismatchAt = this.errors;
    return undefined;
  }

  /** Decodes a part that Go's decoder is not told of: no strict errors, and the first mistake ends it. */
  apart<T>(decode: (context: DecodeContext) => T): T | undefined {
    const inner = new DecodeContext(this.fill, this.repeatedKeys);
    const decoded = decode(inner);
    this.members += inner.members;
    if (this.empties && inner.empties) for (const empty of inner.empties) this.empties.push(empty);
    else this.empties ??= inner.empties;
    const { failure, mismatch } = inner;
    if (failure === undefined) return decoded;
    return mismatch ? this.adopt(mismatch) : this.fail(failure);
  }

  /** A value of the wrong type in a part that was decoded apart: it ends the decoding here too. */
  private adopt(mismatch: TypeMismatch): undefined {
    if (this.stopped) return this.fail("");
    this.typeMismatch(mismatch.value, mismatch.goType, true);
    this.mismatch = mismatch;
    return undefined;
  }

  /** All errors reported since there were `before` of them lie in this field. */
  inField(before: number, place: FieldPlace): void {
    this.prefixStrict(before, place.name);
    if (!this.mismatch || this.mismatchAt <= before) return;
    this.mismatch.goPath = this.mismatch.goPath ? `${place.goPath}.${this.mismatch.goPath}` : place.goPath;
    this.mismatch.goStruct ||= place.goStruct;
  }

  inIndex(before: number, index: number): void {
    this.prefixStrict(before, `[${index}]`);
  }

  inKey(before: number, key: string): void {
    if (this.namesKeys) this.prefixStrict(before, key);
  }

  private prefixStrict(before: number, prefix: string): void {
    for (let i = this.strict.length - 1; i >= 0 && this.reportedAt[i]! > before; i--) {
      const error = this.strict[i]!;
      error.path = error.path.startsWith("[") ? prefix + error.path : `${prefix}.${error.path}`;
    }
  }

  /** What makes the object unusable, in the words of Go's decoder. */
  get failure(): string | undefined {
    const { mismatch } = this;
    if (!mismatch) return this.failed;
    const { value, goType, goStruct, goPath } = mismatch;
    const where = goStruct || goPath ? `Go struct field ${goStruct}.${goPath} of type ` : "Go value of type ";
    return `json: cannot unmarshal ${value} into ${where}${goType}`;
  }

  /** Unknown and duplicate fields, each once, in the order of the source. */
  strictErrors(): string[] {
    const texts = new Set<string>();
    for (const { type, path } of this.strict) {
      texts.add(`${type} ${goQuote(path)}`);
      if (texts.size === MAX_STRICT_ERRORS) break;
    }
    return [...texts];
  }
}
