// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../apimachinery/index.ts";
import { builtInKinds, createErrors, updateErrors } from "./index.ts";

const kindOf = (name: string) => builtInKinds().find((kind) => kind.kind === name)!;
const texts = (errors: readonly { field: string; body: string }[]): string[] =>
  errors.map(({ field, body }) => `${field}: ${body.slice(0, 24)}`);

function configMap(metadata: object): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "n", uid: "u", resourceVersion: "1", ...metadata },
  };
}

test("a name to generate from is checked by the kind's rule, and on update by the registry's first", () => {
  const errors = createErrors(kindOf("ConfigMap"), configMap({ generateName: "A" }));
  assert.deepEqual(texts(errors), ['metadata.generateName: Invalid value: "A": a lo']);
  const changed = updateErrors(kindOf("ConfigMap"), configMap({ generateName: "A" }), configMap({}));
  assert.equal(changed.length, 1);
  assert.equal(updateErrors(kindOf("ConfigMap"), configMap({ generateName: "a/" }), configMap({})).length, 2);
});

test("a change of the metadata is told as often as upstream looks at it", () => {
  const times = (name: string, fields: object): number => {
    const object = { ...configMap({}), ...fields };
    return updateErrors(kindOf(name), { ...object, metadata: { ...object.metadata, uid: "other" } }, object).length;
  };
  assert.equal(times("ConfigMap", {}), 2);
  const node = { metadata: { name: "a", uid: "u", resourceVersion: "1" }, spec: { drivers: [] } };
  assert.equal(times("CSINode", node), 1);
});

test("a finalizer without a domain is refused once for a new object", () => {
  const object = configMap({ finalizers: ["mine"] });
  assert.deepEqual(texts(createErrors(kindOf("ConfigMap"), object)), [
    'metadata.finalizers[0]: Invalid value: "mine": n',
  ]);
  assert.equal(updateErrors(kindOf("ConfigMap"), object, object).length, 2);
  assert.deepEqual(createErrors(kindOf("Lease"), { ...object, spec: {} }), []);
});
