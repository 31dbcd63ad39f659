// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseYaml } from "./yaml-reader.ts";
import { formatYaml } from "./yaml-writer.ts";

const valueOf = (text: string): unknown => (parseYaml(`a: ${text}`).value as { a: unknown }).a;

test("plain scalars mean what they mean to kubectl", () => {
  const SCALARS: readonly (readonly [text: string, value: unknown])[] = [
    ["yes", true],
    ["Off", false],
    ["n", false],
    ["~", null],
    ["nULL", "nULL"],
    ["017", 15],
    ["0o17", 15],
    ["08", 8],
    ["0b11", 3],
    ["1_000", 1000],
    ["1e3", 1000],
    [".5", 0.5],
    ["1:30", "1:30"],
    ["2026-01-01", "2026-01-01"],
    ["!!str 1", "1"],
    ["!!binary aGk=", "hi"],
    ["'yes'", "yes"],
    ["12345678901234567890", 12345678901234567890n],
  ];
  for (const [text, value] of SCALARS) assert.deepEqual(valueOf(text), value, text);
  assert.throws(() => valueOf(".nan"), { message: "json: unsupported value: NaN" });
});

test("keys that stand twice are told with their lines, and the last one counts", () => {
  const document = parseYaml("a:\n  b: 1\n  b: 2\nd: 2\nd: 3\n");
  assert.deepEqual(document.value, { a: { b: 2 }, d: 3 });
  assert.deepEqual(document.duplicateKeys, [
    'line 3: key "b" already set in map',
    'line 5: key "d" already set in map',
  ]);
});

test("aliases and merge keys are followed, but not without end", () => {
  assert.deepEqual(parseYaml("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2").value, { a: { b: 1 }, c: { b: 1, d: 2 } });
  assert.throws(() => parseYaml("a: *x"), { message: "yaml: unknown anchor 'x' referenced" });
  assert.throws(() => parseYaml("&a [*a]"), { message: "yaml: anchor 'a' value contains itself" });
  const laughs = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"];
  for (let i = 1; i < 8; i++)
    laughs.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(",")}]`,
    );
  assert.throws(() => parseYaml(laughs.join("\n")), { message: "yaml: document contains excessive aliasing" });
});

test("mistakes are told as go-yaml tells them", () => {
  const MISTAKES: readonly (readonly [text: string, message: string])[] = [
    ["a: b: c", "yaml: mapping values are not allowed in this context"],
    ["x: 1\ny: a: b\n", "yaml: line 2: mapping values are not allowed in this context"],
    ["a:\n\t- b", "yaml: line 2: found character that cannot start any token"],
    ["x: 1\ny: {a\nz: 2", "yaml: line 2: did not find expected ',' or '}'"],
    ["x:\n  y: 1\n z: 2", "yaml: line 2: did not find expected key"],
    ["x: 1\ny: 'b", "yaml: line 2: found unexpected end of stream"],
    ["? [a]\n: b", 'yaml: invalid map key: []interface {}{"a"}'],
  ];
  for (const [text, message] of MISTAKES) assert.throws(() => parseYaml(text), { message }, text);
});

test("only the first document counts, and none is null", () => {
  assert.equal(parseYaml("--- 1\n--- 2").value, 1);
  assert.equal(parseYaml("# nothing\n").value, null);
});

test("YAML is written as the API server writes it", () => {
  const words = "word ".repeat(30).trim();
  assert.equal(
    formatYaml({
      b: ["x", { y: [], n: {} }],
      a10: "yes",
      a2: "2026-01-01",
      "x: y": "it's",
      z: "a\nb\n",
      w: words,
      e: null,
    }),
    [
      'a2: "2026-01-01"',
      'a10: "yes"',
      "b:",
      "- x",
      '- "n": {}',
      '  "y": []',
      "e: null",
      `w: ${"word ".repeat(16).trim()}`,
      `  ${"word ".repeat(14).trim()}`,
      "'x: y': it's",
      "z: |",
      "  a",
      "  b",
      "",
    ].join("\n"),
  );
});

test("what is written is read back as it was", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", " ", "\n", ":", "-", "#", "'", '"', "1", "é", "{", "\t", "yes"),
  });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie("list"), tie("map")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    map: fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }));
  // A map around it: the root of a document may be a block text that go-yaml writes in a way of its own.
  fc.assert(fc.property(value, (v) => assert.deepEqual(parseYaml(formatYaml({ v })).value, { v })));
});
