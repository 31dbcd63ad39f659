// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FieldsV1 } from "../object.ts";
import {
  containsAll,
  difference,
  equalSets,
  hasPath,
  intersection,
  intersects,
  isEmptySet,
  pathsOf,
  recursiveDifference,
  setOfPaths,
  union,
  type FieldSet,
} from "./field-set.ts";
import { fieldsContain, fieldsTouch, printFields, readFields } from "./fields-v1.ts";
import { BadPathElement, compareElements, keyElement, pathDisplay, quoted, valueElement } from "./path-element.ts";

const printed = (fields: FieldsV1): string => JSON.stringify(printFields(readFields(fields)));

test("fields are printed in the order of the original: fields by name, keys by their values, values, indices", () => {
  const elements = [
    "i:10",
    "i:9",
    'v:"b"',
    "v:10",
    "v:9",
    'k:{"port":443,"protocol":"TCP"}',
    'k:{"port":80,"protocol":"UDP"}',
    'k:{"port":80,"protocol":"TCP"}',
    'k:{"name":"x"}',
    "f:b",
    "f:B",
    "f:a",
  ];
  const fields = Object.fromEntries(elements.map((element) => [element, {}]));
  assert.deepEqual(Object.keys(printFields(readFields(fields))), [
    "f:B",
    "f:a",
    "f:b",
    'k:{"name":"x"}',
    'k:{"port":80,"protocol":"TCP"}',
    'k:{"port":80,"protocol":"UDP"}',
    'k:{"port":443,"protocol":"TCP"}',
    "v:9",
    "v:10",
    'v:"b"',
    "i:9",
    "i:10",
  ]);
});

test("elements become canonical when read, and unknown ones are passed over", () => {
  assert.equal(
    printed({ 'k:{ "b":1, "a":"x" }': {}, "z:new": { "f:x": {} }, "f:a": { "f:b": {}, ".": {} }, "v: 1": {} }),
    '{"f:a":{".":{},"f:b":{}},"k:{\\"a\\":\\"x\\",\\"b\\":1}":{},"v:1":{}}',
  );
  assert.throws(() => readFields({ "v:{": {} }), BadPathElement);
  assert.throws(() => readFields({ f: {} }), BadPathElement);
  assert.throws(() => readFields({ noColon: {} }), BadPathElement);
});

test("what is special in HTML is escaped inside elements, as Go's encoder does", () => {
  assert.equal(valueElement("<a&b>"), 'v:"\\u003ca\\u0026b\\u003e"');
  assert.equal(keyElement([{ name: "n", value: "\b" }]), 'k:{"n":"\\u0008"}');
});

test("paths are shown as messages of conflicts show them", () => {
  const path = ["f:spec", 'k:{"name":"a","port":80}', 'v:"x"', "i:3", "v:true", "v:null"];
  assert.equal(pathDisplay(path), '.spec[name="a",port=80][="x"][3][=true][=null]');
  assert.equal(quoted('a"\n\u0007\u0001é'), '"a\\"\\n\\a\\x01é"');
});

test("a set is printed once, frozen, and read back as itself", () => {
  const set = setOfPaths([["f:a", "f:b"], ["f:a"], ["f:c"]]);
  const fields = printFields(set);
  assert.equal(printFields(set), fields);
  assert.equal(readFields(fields), set);
  assert.ok(Object.isFrozen(fields["f:a"]));
});

test("a difference takes away paths, a recursive one all below them too", () => {
  const set = setOfPaths([["f:a"], ["f:a", "f:b"], ["f:c", "f:d"]]);
  const texts = (left: FieldSet) => Array.from(pathsOf(left), pathDisplay);
  assert.deepEqual(texts(difference(set, setOfPaths([["f:a"]]))), [".a.b", ".c.d"]);
  assert.deepEqual(texts(recursiveDifference(set, setOfPaths([["f:a"]]))), [".c.d"]);
  assert.deepEqual(texts(recursiveDifference(set, setOfPaths([["f:c"]]))), [".a", ".a.b"]);
  assert.equal(difference(set, setOfPaths([["f:c"]])), set);
});

const element = fc.constantFrom("f:a", "f:b", 'k:{"n":1}', 'v:"x"', "i:0");
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 12 });
const text = (steps: readonly string[]): string => steps.join("/");
const texts = (set: FieldSet): Set<string> => new Set(Array.from(pathsOf(set), text));

test("operations on sets are those on the sets of their paths", () => {
  fc.assert(
    fc.property(paths, paths, (leftPaths, rightPaths) => {
      const [left, right] = [setOfPaths(leftPaths), setOfPaths(rightPaths)];
      const [l, r] = [new Set(leftPaths.map(text)), new Set(rightPaths.map(text))];
      assert.deepEqual(texts(left), l.union(new Set()));
      assert.equal(texts(union(left, right)).symmetricDifference(l.union(r)).size, 0);
      assert.equal(texts(intersection(left, right)).symmetricDifference(l.intersection(r)).size, 0);
      assert.equal(texts(difference(left, right)).symmetricDifference(l.difference(r)).size, 0);
      assert.equal(intersects(left, right), !l.isDisjointFrom(r));
      assert.equal(containsAll(left, right), r.isSubsetOf(l));
      assert.equal(equalSets(left, right), l.symmetricDifference(r).size === 0);
      assert.ok(leftPaths.every((steps) => hasPath(left, steps)));
      assert.equal(isEmptySet(left), l.size === 0);
      const uncovered = [...l].filter((steps) => ![...r].some((cut) => `${steps}/`.startsWith(`${cut}/`)));
      assert.deepEqual([...texts(recursiveDifference(left, right))].sort(), uncovered.sort());
    }),
  );
});

test("questions to printed fields are answered as those to their sets, and printing keeps every path", () => {
  fc.assert(
    fc.property(paths, paths, (leftPaths, rightPaths) => {
      const [left, right] = [setOfPaths(leftPaths), setOfPaths(rightPaths)];
      const fields = JSON.parse(JSON.stringify(printFields(left))) as FieldsV1;
      assert.ok(equalSets(readFields(fields), left));
      assert.equal(fieldsTouch(fields, right), intersects(left, right));
      assert.equal(fieldsContain(fields, right), containsAll(left, right));
    }),
  );
});

test("the order of elements is total", () => {
  const any = fc.oneof(
    fc.string().map((name) => `f:${name}`),
    fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)).map(valueElement),
    fc.record({ name: fc.string(), value: fc.oneof(fc.string(), fc.integer()) }).map((field) => keyElement([field])),
    fc.nat().map((index) => `i:${index}`),
  );
  fc.assert(
    fc.property(any, any, any, (a, b, c) => {
      assert.equal(Math.sign(compareElements(a, b)), -Math.sign(compareElements(b, a)) + 0);
      if (compareElements(a, b) <= 0 && compareElements(b, c) <= 0) assert.ok(compareElements(a, c) <= 0);
      assert.equal(compareElements(a, b) === 0, a === b);
    }),
  );
});
