// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, objectCodec } from "../apimachinery/index.ts";
import { builtInKinds, createErrors, type Kind, schemaRegistry, updateErrors } from "./index.ts";

/** A kind taken through what the registry does with it, for tests. */
export class KindSteps {
  readonly #kind: Kind;

  constructor(kind: string) {
    this.#kind = builtInKinds().find((each) => each.kind === kind)!;
  }

  decode(fields: object): KubeObject {
    const text = JSON.stringify({ metadata: { name: "a", namespace: "default", resourceVersion: "1" }, ...fields });
    return objectCodec(schemaRegistry(), this.#kind.type).decodeJson(text).object;
  }

  /** The object as it would be stored. */
  created(fields: object): KubeObject {
    const object = this.decode(fields);
    this.#kind.defaults?.(object);
    this.#kind.prepareForCreate?.(object, {
      userName: "tester",
      userGroups: [],
      now: "2026-01-01T00:00:00Z",
      dryRun: false,
      warn: () => {},
    });
    return object;
  }

  mistakes(fields: object): readonly string[] {
    return createErrors(this.#kind, this.created(fields)).map(({ field, body }) => `${field}: ${body}`);
  }

  mistakesOfUpdate(before: object, after: object): readonly string[] {
    const kind = this.#kind;
    const [old, object] = [this.created(before), this.created(after)];
    const errors = updateErrors(kind, object, old);
    return errors.map(({ field, body }) => `${field}: ${body}`);
  }

  mistakesOfStatus(after: object, before: object): readonly string[] {
    const errors = updateErrors(this.#kind, this.decode(after), this.created(before), "status");
    return errors.map(({ field, body }) => `${field}: ${body}`);
  }

  warnings(fields: object): readonly string[] {
    return this.#kind.warnings?.(this.created(fields), undefined) ?? [];
  }

  cells(object: KubeObject): readonly unknown[] {
    return (this.#kind.columns ?? []).map((column) => column.cell(object, { age: () => "1d" }));
  }
}

test("steps of a kind", () => {
  assert.equal(new KindSteps("ConfigMap").created({}).kind, undefined);
});
