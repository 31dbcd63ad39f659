// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGoRegexp } from "./go-regexp.ts";

const MATCHES: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ["^a.c$", "abc", true],
  ["^a.c$", "a\nc", false],
  ["^a.c$", "a\rc", true],
  ["(?s)^a.c$", "a\nc", true],
  ["(?i)^abc$", "ABC", true],
  ["^a(?i)b|c$", "aB", true],
  ["^a(?i)b|c$", "C", true],
  ["^a(?i:b)c$", "aBC", false],
  ["(?m)^b$", "a\nb\nc", true],
  ["^b$", "a\nb\nc", false],
  ["^a{,2}$", "a{,2}", true],
  ["^[]a]+$", "]a", true],
  ["^[^]a]$", "]", false],
  ["^[a-c-]$", "-", true],
  ["^[[:alpha:]_]+$", "ab_", true],
  ["^[[:^digit:]]$", "é", true],
  ["^[\\D]$", "5", false],
  ["^\\s$", "\u00a0", false],
  ["^\\pL+$", "éa", true],
  ["^\\p{Greek}+$", "αβ", true],
  ["^\\P{Greek}+$", "αβ", false],
  ["\\Aab\\z", "ab", true],
  ["^\\Qa.b\\E$", "a.b", true],
  ["^\\Qa.b\\E$", "axb", false],
  ["^(?P<year>\\d{4})-(?<month>\\d{2})$", "2026-01", true],
  ["^\\x41\\x{1F600}\\101$", "A😀A", true],
  ["^(a|b)*?c$", "abac", true],
  ["(^)*a", "a", true],
  ["^a\\-b\\/c$", "a-b/c", true],
  ["^[\\w.-]+@[\\w-]+$", "a.b@c-d", true],
];

test("patterns in Go's syntax match what they match in Go", () => {
  for (const [pattern, text, matches] of MATCHES)
    assert.equal(compileGoRegexp(pattern).test(text), matches, `${pattern} on ${JSON.stringify(text)}`);
});

const MISTAKES: readonly (readonly [pattern: string, message: string])[] = [
  ["a(b", "missing closing ): `a(b`"],
  ["a)b", "unexpected ): `a)b`"],
  ["a[b", "missing closing ]: `[b`"],
  ["*a", "missing argument to repetition operator: `*`"],
  ["a**", "invalid nested repetition operator: `**`"],
  ["a{1001}", "invalid repeat count: `{1001}`"],
  ["a{2,1}", "invalid repeat count: `{2,1}`"],
  ["[z-a]", "invalid character class range: `z-a`"],
  ["\\q", "invalid escape sequence: `\\q`"],
  ["\\1", "invalid escape sequence: `\\1`"],
  ["a\\", "trailing backslash at end of expression: ``"],
  ["a(?=b)", "invalid or unsupported Perl syntax: `(?=`"],
  ["a(?<!b)", "invalid named capture: `(?<!b)`"],
  ["(?P<n", "invalid named capture: `(?P<n`"],
  ["\\pX", "invalid character class range: `\\pX`"],
];

test("what Go does not take is told in Go's words", () => {
  for (const [pattern, message] of MISTAKES)
    assert.throws(() => compileGoRegexp(pattern), { message: `error parsing regexp: ${message}` }, pattern);
});
