// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFieldSelector } from "./field-selector.ts";
import { formatLabelSelector, labelSelectorOf, parseLabelSelector, validateLabelSelector } from "./selectors.ts";

test("a selector's text is read and written in canonical form", () => {
  const TEXTS: readonly (readonly [text: string, canonical: string])[] = [
    ["", ""],
    ["app=a,b", "app=a,b"],
    ["x in (b,a,b), !y", "x in (a,b),!y"],
    ["z notin (,a)", "z notin (,a)"],
    ["b==1,a!=2", "a!=2,b==1"],
    ["in in (in)", "in in (in)"],
    ["n>1,m<5", "m<5,n>1"],
    ["example.com/a=", "example.com/a="],
  ];
  for (const [text, canonical] of TEXTS) assert.equal(parseLabelSelector(text).toString(), canonical, text);
});

test("requirements hold as upstream says", () => {
  const matches = (text: string): boolean => parseLabelSelector(text).matches({ app: "a", n: "5" });
  assert.deepEqual(
    ["app=a", "app in (a,b)", "app!=b", "x!=b", "!x", "app", "n>4", "app>4", "x notin (a)", "n<5"].map(matches),
    [true, true, true, true, true, true, true, false, true, false],
  );
  assert.equal(parseLabelSelector("constructor").matches({}), false);
});

test("a mistake in a selector is told in upstream's words", () => {
  const MISTAKES: readonly (readonly [text: string, message: string])[] = [
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["=", "found '=', expected: !, identifier, or 'end of string'"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a,", "found '', expected: identifier after ','"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      "a=-",
      "unable to parse requirement: values[0][a]: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ];
  for (const [text, message] of MISTAKES) assert.throws(() => parseLabelSelector(text), { message }, text);
});

test("an absent LabelSelector matches nothing, an empty one everything", () => {
  assert.equal(labelSelectorOf(undefined).matches({}), false);
  assert.equal(labelSelectorOf({}).matches({}), true);
  const selector = { matchLabels: { b: "1" }, matchExpressions: [{ key: "a", operator: "In", values: ["y", "x"] }] };
  assert.equal(formatLabelSelector(selector), "a in (x,y),b=1");
  assert.equal(formatLabelSelector({}), "<none>");
});

test("a LabelSelector field is validated with the path of each mistake", () => {
  const errors = validateLabelSelector(
    {
      matchExpressions: [
        { key: "a", operator: "In" },
        { key: "", operator: "Is" },
      ],
    },
    "spec.selector",
  );
  assert.deepEqual(
    errors.map((e) => `${e.field}: ${e.body}`.slice(0, 90)),
    [
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector.matchExpressions[1].operator: Invalid value: "Is": not a valid selector operator',
      'spec.selector.matchExpressions[1].key: Invalid value: "": name part must be non-empty',
      'spec.selector.matchExpressions[1].key: Invalid value: "": name part must consist of alphanumeric',
    ].map((text) => text.slice(0, 90)),
  );
});

test("a field selector knows escapes, and says what it does not understand", () => {
  const selector = parseFieldSelector("a=x\\,y,b!=z");
  assert.equal(selector.exactValue("a"), "x,y");
  assert.equal(selector.toString(), "a=x\\,y,b!=z");
  assert.equal(
    selector.matches((field) => (field === "a" ? "x,y" : "")),
    true,
  );
  assert.throws(() => parseFieldSelector("a"), { message: "invalid selector: 'a'; can't understand 'a'" });
  assert.throws(() => parseFieldSelector("a=b=c"), {
    message: "invalid field selector: unescaped character in value: 61",
  });
  assert.throws(() => parseFieldSelector("a=\\b"), { message: "invalid field selector: invalid escape sequence: \\b" });
});
